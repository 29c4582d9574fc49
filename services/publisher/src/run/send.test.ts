import { createClient } from '@oncelog/client';
import { passThroughTracer } from '@oncelog/service-kit';
import { expect, test } from 'vitest';
import { eventAt } from '../generate/event.ts';
import { createPlan, indicesOfBatch } from '../generate/plan.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { type SmallGateway, type SmallGatewayOptions, smallGateway } from '../testing/small-gateway.ts';
import { createAccounting } from './accounting.ts';
import { createLatencies } from './latencies.ts';
import { type SendInput, sendBatches } from './send.ts';

const run = { seed: 1, runId: 'run-1', startTimeMs: Date.UTC(2026, 0, 1) };

function setup(gateway: SmallGateway, input: Partial<SendInput> = {}) {
  const clock = manualClock();
  const client = createClient({
    url: gateway.url,
    retry: { maxAttempts: Number.POSITIVE_INFINITY },
    sleep: clock.sleep,
  });
  const accounting = createAccounting(client);
  const sent: { events: number; retries: number }[] = [];
  const all: SendInput = {
    plan: createPlan({ totalEvents: 1_050, duplicateRate: 0.3, batchSize: 100, seed: 1 }),
    run,
    concurrency: 4,
    delayMs: 0,
    signal: new AbortController().signal,
    onSent: (batch) => sent.push(batch),
    ...input,
  };
  const deps = { client, accounting, latencies: createLatencies(), clock, tracer: passThroughTracer };
  return { ...all, clock, accounting, sent, send: () => sendBatches(deps, all) };
}

test('sends every batch once, under a key of its own, so many at a time', async () => {
  const four = Promise.withResolvers<void>();
  await using gateway = await smallGateway({
    async early(request) {
      if (request === 4) four.resolve();
      if (request <= 4) await four.promise;
      return false;
    },
  });
  const { send, sent, accounting, plan } = setup(gateway);
  await send();

  expect([...gateway.keys].sort()).toEqual(Array.from({ length: 11 }, (_, n) => `run-1-batch-${n}`).sort());
  expect(gateway.mostInFlight()).toBe(4);
  expect(sent.map(({ events }) => events).sort((a, b) => a - b)).toEqual([50, ...Array(10).fill(100)]);
  expect(accounting.outstanding()).toBe(11);
  const planned = [...plan.order].map((index) => eventAt(run, index).event_id).sort();
  expect(gateway.events.map(({ event_id }) => event_id).sort()).toEqual(planned);
});

test('one after the other where only one may be in flight, in the order of the plan', async () => {
  await using gateway = await smallGateway();
  const { send, plan } = setup(gateway, { concurrency: 1 });
  await send();

  expect(gateway.mostInFlight()).toBe(1);
  expect(gateway.events.slice(0, 100)).toEqual(
    Array.from(indicesOfBatch(plan, 0), (index) => eventAt(run, index)),
  );
});

test('keeps the delay between any two batches', async () => {
  await using gateway = await smallGateway();
  const { send, clock } = setup(gateway, { delayMs: 250 });
  await send();

  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(10 * 250);
});

const RESET: SmallGatewayOptions['late'] = (request, response) => {
  if (request % 2 === 1) response.socket?.resetAndDestroy();
  return request % 2 === 1;
};

test('what was accepted but not answered is sent again under the same key, and counts once', async () => {
  await using gateway = await smallGateway({ late: RESET });
  const { send, sent } = setup(gateway, { concurrency: 1 });
  await send();

  expect(gateway.keys).toHaveLength(22);
  expect(new Set(gateway.keys).size).toBe(11);
  expect(gateway.events).toHaveLength(1_050);
  expect(sent.every(({ retries }) => retries === 1)).toBe(true);
});

test('a batch that is refused ends the run, and nothing new is sent', async () => {
  await using gateway = await smallGateway({
    early(request, response) {
      if (request === 3) response.writeHead(413).end();
      return request === 3;
    },
  });
  const { send } = setup(gateway, { concurrency: 1 });

  await expect(send()).rejects.toMatchObject({ name: 'PublishRejectedError', status: 413 });
  expect(gateway.keys).toHaveLength(3);
});

test('a stop ends all workers', async () => {
  const controller = new AbortController();
  await using gateway = await smallGateway({
    early(request) {
      if (request === 4) controller.abort(new Error('stopped'));
      return true;
    },
  });
  const { send } = setup(gateway, { signal: controller.signal });

  await expect(send()).rejects.toThrow('stopped');
  expect(gateway.keys).toHaveLength(4);
});

test('a long run settles while it sends, so that it keeps few ids', async () => {
  await using gateway = await smallGateway();
  const plan = createPlan({ totalEvents: 1_500, duplicateRate: 0, batchSize: 1, seed: 1 });
  const { send, accounting } = setup(gateway, { plan, concurrency: 1 });
  await send();

  expect(gateway.asked).toEqual([100, 100, 100, 100, 100]);
  expect(accounting.outstanding()).toBe(1_000);
  expect(accounting.totals().received).toBe(500);
});
