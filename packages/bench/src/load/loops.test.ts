import { expect, it } from 'vitest';
import { type Send, sendAll } from './closed-loop.ts';
import { sendAtRate } from './open-loop.ts';

const bodies = Array.from({ length: 20 }, (_, at) => Buffer.from(String(at)));

function recorder() {
  const sent: string[] = [];
  let running = 0;
  let most = 0;
  const send: Send = async (body) => {
    sent.push(body.toString());
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  return { sent, send, most: () => most };
}

const inOrder = bodies.map(String);

it('sends every body once, one at a time on each connection', async () => {
  const { sent, send, most } = recorder();
  const { latenciesMs, startedAtMs, endedAtMs } = await sendAll(bodies, [send, send, send]);
  expect(sent).toEqual(inOrder);
  expect(most()).toBe(3);
  expect(latenciesMs.every((ms) => ms > 0)).toBe(true);
  expect(endedAtMs).toBeGreaterThan(startedAtMs);
});

it('sends by the schedule, and counts the wait for a free connection as latency', async () => {
  const sent: string[] = [];
  const slow: Send = async (body) => {
    sent.push(body.toString());
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  // all due within 2 ms, on one connection that takes 5 ms for each
  const { latenciesMs } = await sendAtRate(bodies, [slow], { perSecond: 10_000 });
  expect(sent).toEqual(inOrder);
  expect(latenciesMs[19]).toBeGreaterThan(19 * 4);
});

it('takes no longer than the schedule needs where there are connections enough', async () => {
  const { sent, send } = recorder();
  const { startedAtMs, endedAtMs } = await sendAtRate(bodies, [send, send], { perSecond: 100 });
  expect(sent).toEqual(inOrder);
  // the last is due 190 ms after the first
  expect(endedAtMs - startedAtMs).toBeGreaterThanOrEqual(190);
});

it('counts from the schedule, not from when it came to send', async () => {
  const { send } = recorder();
  const timing = sendAtRate(bodies, [send, send], { perSecond: 1_000 });
  // the thread that keeps the schedule goes on meanwhile
  const blockedUntilMs = performance.now() + 500;
  while (performance.now() < blockedUntilMs);
  const { latenciesMs } = await timing;
  expect(latenciesMs.every((ms) => ms > 0)).toBe(true);
});

it.each([
  ['as fast as it goes', (send: Send) => sendAll(bodies, [send])],
  ['by schedule', (send: Send) => sendAtRate(bodies, [send], { perSecond: 1_000 })],
])('fails at an answer that is no 202, %s', async (_, run) => {
  const refused: Send = async () => {
    throw new Error('POST /publish: 422');
  };
  await expect(run(refused)).rejects.toThrow('422');
});
