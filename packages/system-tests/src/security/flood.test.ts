import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { residentMb } from '../faults/resident-memory.ts';
import { event, openSystem, range, type System } from '../testing/system.ts';
import { type Attack, type Attackers, attack } from './attackers.ts';

/** Clients that want to take the gateway down, beside one that only wants to publish. */

const MIB = 1_048_576;
const PER_ADDRESS = 200;
const SERVICE_ENV = {
  HEADERS_TIMEOUT_MS: '2000',
  BODY_TIMEOUT_MS: '2000',
  BODY_STALL_MS: '1000',
  IDLE_TIMEOUT_MS: '10000',
  MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
  DATABASE_CONNECTIONS: '2',
  MAX_IN_FLIGHT_BYTES: String(48 * MIB),
  MAX_UNREAD_BYTES: String(32 * MIB),
};
/** What the gateway may have more than at rest: both budgets, as often as a body is copied, and what the collector leaves. */
const MAX_GROWTH_MB = 600;

let system: System;
let port: number;
let restMb: number;
beforeAll(async () => {
  system = await openSystem({ consumers: 2, serviceEnv: SERVICE_ENV });
  port = Number(new URL(system.stack.url).port);
  await publishSteadily(100);
  restMb = residentMb(system, 'gateway');
});
afterAll(() => system.close());

let topic = randomUUID();
beforeEach(() => {
  topic = randomUUID();
});

vi.setConfig({ testTimeout: 120_000 });

/** Batches of ten, one after the other; each of them must be accepted at the first try. Returns the most that the gateway had in memory. */
async function publishSteadily(batches: number): Promise<number> {
  let mostMb = 0;
  for (const batch of range(batches)) {
    await system.publish(...range(10).map((i) => event({ topic, event_id: `${batch}-${i}` })));
    mostMb = Math.max(mostMb, residentMb(system, 'gateway'));
  }
  return mostMb;
}

/** Publishes until the attackers have got what they should, and expects that nobody but them noticed. */
async function beside(attackers: Attackers, isEnough: (attackers: Attackers) => boolean): Promise<void> {
  const pid = system.pidOf('gateway');
  let batches = 0;
  let mostEverMb = 0;
  try {
    const deadline = performance.now() + 60_000;
    do {
      const mostMb = await publishSteadily(20);
      batches += 20;
      mostEverMb = Math.max(mostEverMb, mostMb);
      expect(mostMb).toBeLessThan(restMb + MAX_GROWTH_MB);
      expect(performance.now(), JSON.stringify(attackers.ends.slice(-3))).toBeLessThan(deadline);
    } while (!isEnough(attackers));
  } finally {
    attackers.stop();
    process.stderr.write(
      `MB ${expect.getState().currentTestName} ${Math.round(mostEverMb)} of ${Math.round(restMb)} ends ${attackers.ends.length} batches ${batches}\n`,
    );
  }
  expect(system.pidOf('gateway')).toBe(pid);
  await system.settled();
  expect((await system.events(`?topic=${topic}&limit=1000`)).length).toBe(200);
}

const HEAD = 'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const answered = (attackers: Attackers, status: number): number =>
  attackers.ends.filter((line) => line.startsWith(`HTTP/1.1 ${status} `)).length;

describe('a good client is served beside', () => {
  const from = (fields: Omit<Attack, 'port' | 'connections'> & { connections?: number }): Attackers =>
    attack({ port, connections: 150, again: true, ...fields });

  it('headers that never end: each gets 408', async () => {
    const attackers = from({
      begin: (socket) => socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-A: '),
      drip: 'a',
    });
    await beside(attackers, () => answered(attackers, 408) >= 150);
  });

  it('connections that say nothing', async () => {
    const attackers = from({ begin: () => {} });
    await beside(attackers, () => answered(attackers, 408) >= 150);
  });

  it('bodies that never end: each gets 408, and most did not even get memory', async () => {
    const attackers = from({
      begin: (socket) => socket.write(`${HEAD}Content-Length: 4000000\r\n\r\n{`),
      drip: ' ',
    });
    await beside(attackers, () => answered(attackers, 408) >= 10 && answered(attackers, 503) >= 10);
  });

  it('lines that never end', async () => {
    const head = HEAD.replace('application/json', 'application/x-ndjson');
    const attackers = from({
      begin: (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`),
      drip: '1\r\n \r\n',
      connections: 20,
    });
    await beside(attackers, () => answered(attackers, 408) >= 20);
  });

  it('more connections than an address may have: those beyond it are closed', async () => {
    const attackers = from({
      begin: (socket) => socket.write('GET /health HTTP/1.1\r\nHost: x\r\n'),
      connections: 1_000,
      again: false,
    });
    await beside(attackers, ({ ends }) => ends.length >= 1_000);
    expect(attackers.ends.filter((line) => line === '').length).toBeGreaterThanOrEqual(1_000 - PER_ADDRESS);
    expect(answered(attackers, 408)).toBeGreaterThan(0);
    expect(await (await system.get('/metrics')).text()).toMatch(
      /refused_connections_total\{reason="address"[^}]*\} [1-9]/,
    );
  });

  it('thousands of requests that are sent without waiting for an answer', async () => {
    const many = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000);
    const attackers = from({ begin: (socket) => socket.write(many), deaf: true, drip: '\r\n' });
    await beside(attackers, ({ ends }) => ends.length >= 300);
  });

  it('clients that ask for large answers and do not read them', async () => {
    const payload = { text: 'x'.repeat(400_000) };
    for (const i of range(40))
      await system.publish(event({ topic: 'large', event_id: `large-${i}`, payload }));
    await system.settled();
    const attackers = from({
      begin: (socket) => socket.write('GET /events?topic=large&limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n'),
      deaf: true,
      drip: '\r\n',
      connections: 60,
    });
    await beside(attackers, ({ ends }) => ends.length >= 60);
    expect(gatewayLog()).toContain('client does not read: cut off');
  });
});

describe('a good client is served beside bombs:', () => {
  const SIZE = 256 * MIB;
  const ZEROS = Buffer.alloc(SIZE, ' ');
  const bombs: readonly (readonly [name: string, headers: string, body: () => Buffer])[] = [
    ['gzip', 'Content-Encoding: gzip\r\n', () => gzipSync(ZEROS, { level: 1 })],
    ['deflate', 'Content-Encoding: deflate\r\n', () => deflateSync(ZEROS, { level: 1 })],
    [
      'brotli',
      'Content-Encoding: br\r\n',
      () => brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    ],
    ['gzip in gzip', 'Content-Encoding: gzip, gzip\r\n', () => gzipSync(gzipSync(ZEROS, { level: 1 }))],
    [
      'five million brackets',
      'Content-Encoding: gzip\r\n',
      () => gzipSync(`{"events":[${'['.repeat(5_000_000)}`),
    ],
    ['five million objects', 'Content-Encoding: gzip\r\n', () => gzipSync('{"a":'.repeat(1_000_000))],
    [
      'a million errors',
      'Content-Encoding: gzip\r\n',
      () => gzipSync(`{"events":[${'{},'.repeat(1_000_000)}{}]}`),
    ],
  ];

  it.each(bombs)('%s', async (_name, headers, make) => {
    const body = make();
    const head = `${HEAD}${headers}Content-Length: ${body.length}\r\n\r\n`;
    const attackers = attack({
      port,
      connections: 8,
      again: true,
      begin: (socket) => {
        socket.write(head);
        socket.end(body);
      },
    });
    await beside(attackers, ({ ends }) => ends.length >= 30);
    const statuses = new Set(attackers.ends.map((line) => line.split(' ')[1] ?? 'none'));
    // none: the answer was lost because the rest of the bomb was not taken
    expect(['400', '413', '415', '422', '503', 'none']).toEqual(expect.arrayContaining([...statuses]));
  });
});

it('a flood of refused requests writes a bounded log, in which all of them are counted', async () => {
  const before = gatewayLog().length;
  const batch = [
    'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n',
    `${HEAD}Content-Length: 2\r\n\r\n{}`,
    'GET /events?color=red HTTP/1.1\r\nHost: x\r\n\r\n',
  ].join('');
  const attackers = attack({
    port,
    connections: 20,
    again: true,
    begin: (socket) => {
      socket.write(batch);
      socket.on('data', () => socket.write(batch.slice(0, 37)));
      socket.write('BAD\r\n\r\n');
    },
  });
  await beside(attackers, ({ ends }) => ends.length >= 2_000);
  const lines = await vi.waitFor(() => {
    const written = gatewayLog()
      .slice(before)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine);
    expect(written.some(({ msg }) => msg === 'more like this, left out')).toBe(true);
    return written;
  }, 10_000);
  // a calendar second has parts of at most two of the limit's
  const perSecond = Map.groupBy(
    lines,
    ({ time, msg, code, kind }) => `${time.slice(0, 19)} ${msg} ${code} ${kind}`,
  );
  for (const [of, some] of perSecond) expect(some.length, of).toBeLessThanOrEqual(22);
  const leftOut = lines.reduce((sum, { lines: n = 0 }) => sum + n, 0);
  expect(leftOut).toBeGreaterThan(1_000);
});

interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly code?: string;
  readonly kind?: string;
  readonly lines?: number;
}

function gatewayLog(): string {
  return readFileSync(join(system.dataDir, 'logs/gateway.log'), 'utf8');
}
