import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Publish, startLyingGateway } from './k6/lying-gateway.ts';
import { type LoadTestRun, runLoadTest } from './k6/run-load-test.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

// infra/k6/load-test.js against the real system, run by a stand-in for k6 (k6/runner/), which is not on every machine.

let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
});
afterAll(() => system.close());

/** Whatever the machine is busy with, only the figures decide here. */
const PATIENT = { P95_MS: 600_000, P99_MS: 600_000, SETTLE_TIMEOUT: 60 };
const SMALL = { ...PATIENT, TOTAL_EVENTS: 1_000, BATCH_SIZE: 50, VUS: 3 };

async function growth(run: () => Promise<LoadTestRun>) {
  const before = await system.settled();
  const finished = await run();
  const after = await system.settled();
  return {
    ...finished,
    received: after.received - before.received,
    unique: after.unique_processed - before.unique_processed,
    duplicate: after.duplicate_dropped - before.duplicate_dropped,
  };
}

async function throughLiar(
  settings: Readonly<Record<string, string | number>>,
  answer: (publish: Publish) => Promise<Answer | undefined>,
) {
  const liar = await startLyingGateway(system.stack.url, answer);
  try {
    const run = await growth(() => runLoadTest({ TARGET_URL: liar.url, ...settings }));
    return { ...run, published: liar.published };
  } finally {
    await liar.close();
  }
}

describe('a run', () => {
  it('publishes 20,000 events of which 30 % are duplicates, and ends with the exact figures', async () => {
    const run = await growth(() => runLoadTest({ TARGET_URL: system.stack.url, ...PATIENT }));
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
    expect(run).toMatchObject({ received: 20_000, unique: 14_000, duplicate: 6_000 });
    expect(run.result).toMatchObject({
      published: 20_000,
      received: 20_000,
      unique_processed: 14_000,
      duplicate_dropped: 6_000,
      dead_lettered: 0,
      exact: true,
      retries: 0,
      seconds: expect.any(Number),
      events_per_second: expect.any(Number),
      latency_ms: { p50: expect.any(Number), max: expect.any(Number) },
      differences: [],
      failed_thresholds: [],
    });
    expect(run.stdout).toContain('20,000 events accounted for in ');
    expect(run.stdout).toContain('The figures are exact.');
    const [stored] = await system.sql<{ n: number; topics: number }[]>`
      SELECT count(*)::int AS n, count(DISTINCT topic)::int AS topics FROM processed_events
      WHERE starts_with(event_id, ${`${run.result?.run_id}-`})`;
    expect(stored).toEqual({ n: 14_000, topics: 5 });
  }, 120_000);

  it('is exact while others publish to other topics', async () => {
    let running = true;
    const others = (async () => {
      while (running) await system.publish(...range(20).map(() => event()));
    })();
    const run = await runLoadTest({ TARGET_URL: system.stack.url, ...SMALL, SETTLE_TIMEOUT: 20 }).finally(
      () => {
        running = false;
      },
    );
    await others;
    expect(run).toMatchObject({
      exitCode: 0,
      result: { exact: true, published: 1_000, unique_processed: 700 },
    });
  }, 120_000);

  it('sends the API key, and a key for each batch that is its own', async () => {
    const { published, ...run } = await throughLiar({ ...SMALL, API_KEY: 'secret' }, (publish) =>
      publish.forward(),
    );
    expect(run.exitCode).toBe(0);
    expect(new Set(published.map(({ headers }) => headers['authorization']))).toEqual(
      new Set(['Bearer secret']),
    );
    expect(new Set(published.map(({ headers }) => headers['idempotency-key'])).size).toBe(20);
    expect(run.stdout).not.toContain('secret');
  }, 60_000);

  it('keeps to its pace, and to the time that it has', async () => {
    const pace = { EVENTS_PER_SECOND: 100, DURATION: '1s' };
    const run = await growth(() => runLoadTest({ TARGET_URL: system.stack.url, ...SMALL, ...pace }));
    expect(run.exitCode).toBe(99);
    expect(run.received).toBeLessThan(1_000);
    expect(run.result).toMatchObject({ published: run.received, received: run.received, exact: false });
    expect(run.result?.failed_thresholds).toContain('dropped_iterations count==0');
  }, 60_000);
});

describe('stays exact', () => {
  it('when the gateway is killed meanwhile', async () => {
    const settings = { ...SMALL, TOTAL_EVENTS: 5_000, MAX_ERROR_RATE: 0.999 };
    const liar = await startLyingGateway(system.stack.url, (publish) => {
      if (publish.number === 20) system.stack.kill('gateway', 'SIGKILL');
      return publish.forward();
    });
    const run = await growth(() => runLoadTest({ TARGET_URL: liar.url, ...settings })).finally(liar.close);
    expect(run).toMatchObject({ exitCode: 0, received: 5_000, unique: 3_500, duplicate: 1_500 });
    expect(run.result).toMatchObject({ exact: true, published: 5_000 });
    expect(run.result?.retries).toBeGreaterThan(0);
  }, 120_000);

  it.each<[string, (publish: Publish) => Promise<Answer | undefined>]>([
    ['answers are lost', (publish) => publish.forward().then(() => undefined)],
    ['answers are garbage', (publish) => publish.forward().then(() => ({ status: 202, body: '<html>' }))],
    ['it is told to come again', async () => ({ status: 503, body: '', headers: { 'retry-after': '0' } })],
  ])(
    'when %s, and says that there were too many errors only where there were',
    async (what, fault) => {
      const everyFifth = (publish: Publish) =>
        publish.number % 5 === 0 ? fault(publish) : publish.forward();
      const run = await throughLiar(SMALL, everyFifth);
      expect(run).toMatchObject({ received: 1_000, unique: 700, duplicate: 300 });
      expect(run.result).toMatchObject({ exact: true, published: 1_000 });
      expect(run.result?.retries).toBeGreaterThan(0);
      const garbage = what === 'answers are garbage'; // they are answers, to HTTP
      expect(run.exitCode).toBe(garbage ? 0 : 99);
      expect(run.result?.failed_thresholds).toEqual(
        garbage ? [] : ['http_req_failed{name:publish} rate<=0.01'],
      );
    },
    120_000,
  );
});

describe('fails', () => {
  it('when the gateway loses a batch that it has accepted', async () => {
    const lost = async ({ body }: Publish) => {
      const { events } = JSON.parse(body.toString()) as { events: unknown[] };
      return { status: 202, body: JSON.stringify({ queued: events.length, batch_id: 'none' }) };
    };
    const run = await throughLiar(SMALL, (publish) =>
      publish.number === 7 ? lost(publish) : publish.forward(),
    );
    expect(run).toMatchObject({ exitCode: 99, received: 950 });
    expect(run.result).toMatchObject({ published: 1_000, received: 950, exact: false });
    expect(run.result?.differences).toContain('received is 950, expected 1000');
    expect(run.result?.failed_thresholds).toContain('oncelog_events_received count==1000');
    expect(run.stderr).toContain("thresholds on metrics 'oncelog_events_received' have been crossed");
  }, 60_000);

  it('when the gateway counts a batch twice', async () => {
    const run = await throughLiar(SMALL, async (publish) => {
      if (publish.number === 7) await publish.forward('another-key');
      return publish.forward();
    });
    expect(run).toMatchObject({ exitCode: 99, received: 1_050 });
    expect(run.result).toMatchObject({
      published: 1_000,
      received: 1_050,
      duplicate_dropped: 350,
      exact: false,
    });
    expect(run.stdout).toContain('The figures are NOT exact:\n  received is 1050, expected 1000');
  }, 60_000);

  it('when the gateway says that it has queued fewer events', async () => {
    const run = await throughLiar(SMALL, async (publish) => {
      const { status, body } = await publish.forward();
      return { status, body: publish.number === 7 ? body.replace('"queued":50', '"queued":49') : body };
    });
    expect(run.exitCode).toBe(99);
    expect(run.result?.failed_thresholds).toContain('checks rate==1');
    expect(run.stderr).toMatch(/Batch \d+ was not accepted: 202/);
  }, 60_000);

  it('when answers are slow', async () => {
    const run = await growth(() => runLoadTest({ TARGET_URL: system.stack.url, ...SMALL, P95_MS: 1 }));
    expect(run.exitCode).toBe(99);
    expect(run.result).toMatchObject({
      exact: true,
      failed_thresholds: ['http_req_duration{name:publish} p(95)<1'],
    });
  }, 60_000);

  it('when the events were stored before, and says so', async () => {
    const settings = { TARGET_URL: system.stack.url, ...SMALL, RUN_ID: 'again', SEED: 1 };
    expect((await runLoadTest(settings)).exitCode).toBe(0);
    const again = await runLoadTest(settings);
    expect(again.exitCode).toBe(99);
    expect(again.result).toMatchObject({ received: 1_000, unique_processed: 0, duplicate_dropped: 1_000 });
    expect(again.stdout).toContain('has another run used the same RUN_ID?');
  }, 60_000);

  it('at once when it is refused, and names the reason', async () => {
    const unauthorized = async () => ({ status: 401, body: '{"code":"unauthorized"}' });
    const run = await throughLiar(SMALL, unauthorized);
    expect(run).toMatchObject({ exitCode: 108, received: 0, result: { published: 0, exact: false } });
    expect(run.stderr).toMatch(/Batch \d+ was not accepted: 401 \{"code":"unauthorized"\}/);
    expect(run.published.length).toBeLessThanOrEqual(SMALL.VUS);
  }, 60_000);

  it('before it sends anything when there is no gateway', async () => {
    const run = await runLoadTest({ TARGET_URL: 'http://127.0.0.1:1', ...SMALL });
    expect(run).toMatchObject({ exitCode: 107, result: { published: 0, exact: false } });
    expect(run.stderr).toContain('The gateway at http://127.0.0.1:1 does not answer GET /stats');
  }, 60_000);

  it('before it starts when a setting is wrong', async () => {
    const run = await runLoadTest({ TARGET_URL: system.stack.url, TOTAL_EVENTS: 'many', VUS: '0' });
    expect(run).toMatchObject({ exitCode: 107, stdout: '' });
    expect(run.stderr).toMatch(/TOTAL_EVENTS must be .*\n.*VUS must be /);
  });
});
