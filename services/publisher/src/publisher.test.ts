import { loadConfig } from '@oncelog/service-kit';
import { describe, expect, test } from 'vitest';
import { type PublisherConfig, PublisherSchema } from './config.ts';
import { createPublisher } from './publisher.ts';
import { manualClock } from './testing/manual-clock.ts';
import { recordingReporter } from './testing/recording-reporter.ts';
import { type Fault, type SmallGateway, smallGateway } from './testing/small-gateway.ts';

const RUN = { totalEvents: 2_000, seed: 1, runId: 'run-1' };

function setup(gateway: SmallGateway, settings: Partial<PublisherConfig> = RUN) {
  const clock = manualClock();
  const reporter = recordingReporter();
  const controller = new AbortController();
  const config = { ...loadConfig(PublisherSchema, {}), targetUrl: gateway.url, ...settings };
  const random = { seed: () => 42, runId: () => 'random-run' };
  const publisher = createPublisher({ clock, reporter, random }, config);
  return { clock, reporter, controller, run: () => publisher.run(controller.signal) };
}

/** Spoils requests by their number, each in another way. */
const everySecondOne: Fault = (request, response) => {
  switch (request % 6) {
    case 1:
      response.writeHead(503, { 'Retry-After': '1' }).end();
      return true;
    case 3:
      response.socket?.resetAndDestroy();
      return true;
    case 5:
      response
        .writeHead(202, { 'Content-Length': '500' })
        .write('{"status"', () => response.socket?.resetAndDestroy());
      return true;
    default:
      return false;
  }
};

test('an exact run', async () => {
  await using gateway = await smallGateway();
  const { run, reporter } = setup(gateway);
  const report = await run();

  expect(report).toMatchObject({
    published: 2_000,
    received: 2_000,
    uniqueProcessed: 1_400,
    duplicateDropped: 600,
    deadLettered: 0,
    differences: [],
    retries: 0,
    seed: 1,
    runId: 'run-1',
    startTimeMs: Date.UTC(2026, 0, 1),
  });
  expect(reporter.calls[0]).toMatchObject(['started', { seed: 1, plan: { unique: 1_400, duplicates: 600 } }]);
  expect(reporter.calls.findLast(([name]) => name === 'sent')).toEqual(['sent', 2_000]);
  expect(reporter.calls.at(-1)).toEqual(['finished', report]);
});

test('without SEED and RUN_ID both are random, so that a second run publishes fresh events', async () => {
  await using gateway = await smallGateway();
  const report = await setup(gateway, { totalEvents: 10 }).run();

  expect(report).toMatchObject({ seed: 42, runId: 'random-run' });
  expect(gateway.events[0]?.event_id).toMatch(/^random-run-\d+$/);
});

test.each([
  [0, 0.3, { published: 0, uniqueProcessed: 0, duplicateDropped: 0 }],
  [1, 0.9, { published: 1, uniqueProcessed: 1, duplicateDropped: 0 }],
  [500, 0, { published: 500, uniqueProcessed: 500, duplicateDropped: 0 }],
  [500, 0.999, { published: 500, uniqueProcessed: 1, duplicateDropped: 499 }],
])('%i events, %d of them duplicates', async (totalEvents, duplicateRate, expected) => {
  await using gateway = await smallGateway();

  expect(await setup(gateway, { totalEvents, duplicateRate }).run()).toMatchObject({
    ...expected,
    differences: [],
  });
});

describe('exact all the same', () => {
  test('while every second request fails before its batch is accepted', async () => {
    await using gateway = await smallGateway({ early: everySecondOne });
    const { run, reporter, clock } = setup(gateway);
    const report = await run();

    expect(report).toMatchObject({ received: 2_000, uniqueProcessed: 1_400, differences: [] });
    expect(report.retries).toBe(gateway.keys.length - 20);
    expect(clock.waits.some((ms) => ms >= 1_000)).toBe(true);
    expect(reporter.calls.some(([name]) => name === 'retrying')).toBe(true);
  });

  test('while every second answer is lost after its batch was accepted', async () => {
    await using gateway = await smallGateway({ late: everySecondOne, reading: everySecondOne });
    const report = await setup(gateway).run();

    expect(report).toMatchObject({ received: 2_000, uniqueProcessed: 1_400, differences: [] });
    expect(report.retries).toBeGreaterThan(5);
    expect(gateway.events).toHaveLength(2_000);
  });

  test('while batches are applied late', async () => {
    await using gateway = await smallGateway({
      applies: () => false,
      reading(request) {
        if (request > 5) gateway.apply();
        return false;
      },
    });
    const report = await setup(gateway).run();

    expect(report).toMatchObject({ received: 2_000, differences: [] });
    expect(report.seconds).toBeGreaterThan(0);
  });

  test('when the same run is published again: its batches count once', async () => {
    await using gateway = await smallGateway();
    await setup(gateway).run();
    const report = await setup(gateway).run();

    expect(report).toMatchObject({ received: 2_000, uniqueProcessed: 1_400, differences: [] });
    expect(gateway.events).toHaveLength(2_000);
  });

  test('while another run publishes to the same gateway', async () => {
    await using gateway = await smallGateway();
    const reports = await Promise.all([
      setup(gateway).run(),
      setup(gateway, { ...RUN, runId: 'run-2' }).run(),
    ]);

    expect(reports.map(({ uniqueProcessed, differences }) => [uniqueProcessed, differences])).toEqual([
      [1_400, []],
      [1_400, []],
    ]);
  });
});

describe('not exact', () => {
  test('a run id that was used before', async () => {
    await using gateway = await smallGateway();
    await setup(gateway).run();
    const report = await setup(gateway, { ...RUN, startTimeMs: Date.UTC(2026, 0, 2) }).run();

    expect(report).toMatchObject({ received: 2_000, uniqueProcessed: 0, duplicateDropped: 2_000 });
    expect(report.differences.at(-1)).toMatch(/has another run used the same RUN_ID\?/);
  });

  test('a batch that is never applied', async () => {
    await using gateway = await smallGateway({ applies: () => false });
    const { run, reporter, clock } = setup(gateway, { ...RUN, settleTimeout: 30 });
    const report = await run();

    expect(report).toMatchObject({ published: 2_000, received: 0 });
    expect(report.differences[0]).toBe('20 batches were accepted but not applied in time (SETTLE_TIMEOUT)');
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(30_000);
    expect(reporter.calls.at(-1)?.[0]).toBe('finished');
  });

  test('a dead letter', async () => {
    await using gateway = await smallGateway({
      receipt: (receipt) => ({ ...receipt, received: receipt.received - 1, dead_lettered: 1 }),
    });

    expect((await setup(gateway).run()).differences).toContain('dead_lettered is 20, expected 0');
  });

  test('a gateway that gives all batches the same id', async () => {
    await using gateway = await smallGateway({ batchId: () => 'the-only-id' });

    expect((await setup(gateway).run()).differences).toContain(
      'the gateway answered 19 batches with the id of another batch',
    );
  });
});

describe('stopped', () => {
  test('by a signal, also while the gateway is away', async () => {
    await using gateway = await smallGateway({
      early(_request, response) {
        response.writeHead(503).end();
        return true;
      },
    });
    const { run, reporter, controller } = setup(gateway);
    const running = run();
    await expect.poll(() => reporter.calls.some(([name]) => name === 'retrying')).toBe(true);
    controller.abort(new Error('stopped'));

    await expect(running).rejects.toThrow('stopped');
    expect(reporter.calls.at(-1)).toMatchObject(['stopped', { published: 0 }]);
  });

  test('by a batch that is refused', async () => {
    await using gateway = await smallGateway({
      early(request, response) {
        const refused = request === 10;
        if (refused)
          response.writeHead(422).end('{"title":"Unprocessable Content","status":422,"detail":"no"}');
        return refused;
      },
    });
    const { run, reporter } = setup(gateway, { ...RUN, concurrency: 1 });

    await expect(run()).rejects.toThrow('POST /publish was rejected with 422: Unprocessable Content; no');
    expect(reporter.calls.at(-1)).toMatchObject(['stopped', { published: 900 }]);
  });
});
