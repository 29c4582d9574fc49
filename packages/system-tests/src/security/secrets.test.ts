import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bury } from '../browser/dead-letter.ts';
import { event, openSystem, type System } from '../testing/system.ts';

// Secrets are given to the services, and sent by clients, and everything goes wrong: none of them is seen from outside.

const SENT = {
  bearer: 'olk_abcdefghijkl_canary-bearer-c0ffee',
  apiKey: 'olk_abcdefghijkl_canary-api-key-c0ffee',
  cookie: 'canary-cookie-c0ffee',
  payload: 'canary-payload-c0ffee',
  query: 'canary-query-c0ffee',
};
const EXPORTER = 'canary-exporter-c0ffee';

let system: System;
beforeAll(async () => {
  system = await openSystem({
    consumers: 1,
    serviceEnv: {
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${EXPORTER}`,
    },
  });
});
afterAll(() => system?.close());

const headers = {
  authorization: `Bearer ${SENT.bearer}`,
  'x-api-key': SENT.apiKey,
  cookie: `oncelog_session=${SENT.cookie}`,
};

/** What every path answers to a client with secrets, good and bad requests, as one text. */
async function answers(): Promise<string> {
  const paths = [
    '/',
    '/stats',
    '/events?limit=1&color=red',
    '/health',
    '/metrics',
    '/openapi.json',
    '/consumers',
    '/audit',
    '/nothing',
  ];
  const texts = await Promise.all(
    paths.map(async (path) => {
      const response = await system.request('GET', path, { headers });
      return `${JSON.stringify([...response.headers])}${await response.text()}`;
    }),
  );
  const refused = await system.post(
    `{"events":[{"payload":"${SENT.payload}","topic":${SENT.payload}`,
    headers,
  );
  const invalid = await system.post({ events: [event({ timestamp: SENT.payload })] }, headers);
  return [...texts, await refused.text(), await invalid.text()].join('\n');
}

/** Names and arguments of the processes of the system, which everybody on the machine may read. */
function commandLines(): string {
  return system.stack.processes
    .map(({ pid }) =>
      ['cmdline', 'comm'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join(' '),
    )
    .join('\n');
}

it('keeps them out of logs, answers and command lines, whatever goes wrong', async () => {
  const password = new URL(system.stack.databaseUrl).password;
  expect(password.length).toBeGreaterThan(8);
  const secrets = [...Object.values(SENT), EXPORTER, password];
  const seen: Record<string, string> = { before: await answers() };

  await system.post({ events: [event({ payload: { secret: SENT.payload } })] }, headers);
  await bury(system, event({ payload: { secret: SENT.payload } }));
  await system.request('GET', `/events?contains=${encodeURIComponent(JSON.stringify({ a: SENT.query }))}`, {
    headers,
  });
  for (const server of ['postgres', 'redis']) {
    await system.stack.stopProcess(server);
    seen[`without ${server}`] = await answers();
    await system.stack.startProcess(server);
  }
  await system.sql.unsafe('ALTER TABLE event_stats RENAME TO hidden');
  seen['with another schema'] = await answers();
  await system.sql.unsafe('ALTER TABLE hidden RENAME TO event_stats');
  await system.settled();

  seen['command lines'] = commandLines();
  const logs = join(system.dataDir, 'logs');
  for (const file of readdirSync(logs)) seen[file] = readFileSync(join(logs, file), 'utf8');
  expect(Object.keys(seen)).toEqual(expect.arrayContaining(['gateway.log', 'consumer-1.log']));
  expect(seen['gateway.log']).toContain('request failed');
  const told = Object.entries(seen).flatMap(([where, text]) =>
    secrets.filter((secret) => text.includes(secret)).map((secret) => `${where}: ${secret}`),
  );
  expect(told).toEqual([]);
}, 120_000);
