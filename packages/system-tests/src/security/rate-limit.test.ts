import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openSystem, range, type System } from '../testing/system.ts';

/** Two gateways that share a Redis, and therefore their counts. */

const LIMIT = 40;
const serviceEnv = { RATE_LIMIT_REQUESTS: String(LIMIT), RATE_LIMIT_WINDOW_SECONDS: '3600' };
let first: System;
let second: System;
beforeAll(async () => {
  first = await openSystem({ consumers: 1, serviceEnv });
  const { redisUrl, stack } = first;
  second = await openSystem({ consumers: 1, serviceEnv, databaseUrl: stack.databaseUrl, redisUrl });
});
afterAll(async () => {
  await second?.close();
  await first?.close();
});

const NEVER_ANSWERED_MS = 20_000;
const ask = async (system: System): Promise<number> => {
  const signal = AbortSignal.timeout(NEVER_ANSWERED_MS);
  const response = await system.request('GET', '/openapi.json', { signal });
  await response.body?.cancel();
  return response.status;
};

it('a client may send as many requests to both as to one', async () => {
  const statuses = await Promise.all(range(60).map((i) => ask(i % 2 === 0 ? first : second)));
  const asked = 2; // each system has read the description of its gateway when it was opened
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT - asked);
  expect(statuses.filter((status) => status === 429)).toHaveLength(60 - LIMIT + asked);
  const refused = await first.get('/stats');
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect(await refused.json()).toMatchObject({ code: 'too-many-requests' });
  expect((await second.get('/health')).status).toBe(200); // probes are not counted
});

it('a frozen Redis holds no request up: what cannot be counted is let through, and counted again when it is back', async () => {
  const pid = first.pidOf('redis');
  process.kill(pid, 'SIGSTOP');
  try {
    const statuses = await Promise.all(range(40).map((i) => ask(i % 2 === 0 ? first : second)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await (await first.get('/metrics')).text()).toMatch(/uncounted_requests_total\{[^}]*\} [1-9]/);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await vi.waitFor(async () => expect([await ask(first), await ask(second)]).toEqual([429, 429]), 30_000);
});
