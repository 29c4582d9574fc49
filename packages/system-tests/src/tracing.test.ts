import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from '@oncelog/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { withPreload } from './faults/preload/entries.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

/** A trace that somebody else has begun. */
const newTrace = () => {
  const traceId = randomUUID().replaceAll('-', '');
  return { traceId, traceparent: `00-${traceId}-b7ad6b7169203331-01` };
};

/** With what its supervisor has said, and which modules its processes have loaded. */
interface WatchedSystem extends System {
  readonly said: readonly string[];
  loaded(name: string): string[];
}

async function openWatched(env: Readonly<Record<string, string>>): Promise<WatchedSystem> {
  const said: string[] = [];
  const loadedDir = mkdtempSync(join(tmpdir(), 'oncelog-loaded-'));
  const system = await openSystem({
    consumers: 1,
    entries: withPreload(new URL('./faults/preload/loaded-modules.ts', import.meta.url)),
    serviceEnv: { LOG_LEVEL: 'debug', LOADED_DIR: loadedDir, ...env },
    log: (line) => said.push(line),
  });
  return {
    ...system,
    said,
    loaded: (name) => readFileSync(join(loadedDir, name), 'utf8').trimEnd().split('\n'),
    async close() {
      await system.close();
      rmSync(loadedDir, { recursive: true });
    },
  };
}

type LogLine = Readonly<Record<string, unknown>>;

function logged(system: System, name: string): LogLine[] {
  const file = join(system.dataDir, 'logs', `${name}.log`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

/** But for its API, which does nothing without the rest: prom-client loads that for exemplars. */
const OPENTELEMETRY = /\/@opentelemetry\/(?!api\/)/;
const SERVICES = ['gateway', 'consumer-1'];

describe('without an exporter', () => {
  let system: WatchedSystem;
  beforeAll(async () => {
    system = await openWatched({ OTEL_EXPORTER_OTLP_ENDPOINT: '' });
  });
  afterAll(() => system.close());

  it('loads nothing of OpenTelemetry, and the trace of a request reaches the logs of both services', async () => {
    const { traceId, traceparent } = newTrace();
    const response = await system.post({ events: [event(), event()] }, { traceparent });
    expect(response.status).toBe(202);
    await system.settled();
    await vi.waitFor(() => {
      const answered = logged(system, 'gateway').filter(({ trace_id }) => trace_id === traceId);
      expect(answered).toMatchObject([{ msg: 'request answered', span_id: 'b7ad6b7169203331' }]);
      const applied = logged(system, 'consumer-1').filter(({ trace_id }) => trace_id === traceId);
      expect(applied).toMatchObject([{ msg: 'entries applied', events: 2 }]);
    }, 10_000);
    for (const service of SERVICES) {
      expect(system.loaded(service).length).toBeGreaterThan(50);
      expect(system.loaded(service).filter((url) => OPENTELEMETRY.test(url))).toEqual([]);
    }
  });
});

describe('with an exporter', () => {
  let receiver: OtlpReceiver;
  let system: WatchedSystem;
  beforeAll(async () => {
    receiver = await openOtlpReceiver();
    system = await openWatched({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100' });
  });
  afterAll(async () => {
    await system.close();
    await receiver[Symbol.asyncDispose]();
  });

  const spansOf = (traceId: string) => receiver.spans.filter((span) => span.traceId === traceId);

  it('loads OpenTelemetry', () => {
    for (const service of SERVICES) {
      expect(system.loaded(service).filter((url) => OPENTELEMETRY.test(url)).length).toBeGreaterThan(10);
    }
  });

  it('shows a request from the client to the statement that stores it, as one trace', async () => {
    const { traceId, traceparent } = newTrace();
    const response = await system.post({ events: [event(), event()] }, { traceparent });
    const { batch_id } = (await response.json()) as { batch_id: string };
    const chain = await vi.waitFor(() => {
      const spans = spansOf(traceId);
      const under = (parent: string) => spans.find(({ parentSpanId }) => parentSpanId === parent);
      const request = under('b7ad6b7169203331');
      const append = under(request?.spanId ?? 'none');
      const apply = under(append?.spanId ?? 'none');
      const insert = under(apply?.spanId ?? 'none');
      if (insert === undefined) throw new Error(`no whole chain in ${spans.map(({ name }) => name)}`);
      return [request, append, apply, insert] as ReceivedSpan[];
    }, 15_000);
    expect(chain.map(({ service, name }) => `${service} ${name}`)).toEqual([
      'oncelog-gateway POST /publish',
      'oncelog-gateway append',
      'oncelog-consumer apply',
      'oncelog-consumer INSERT processed_events',
    ]);
    expect(chain[1]?.attributes['messaging.message.id']).toBe(batch_id);
    expect(chain[2]?.attributes).toMatchObject({ 'oncelog.events': 2, 'oncelog.unique': 2 });
    for (const service of SERVICES) {
      const lines = logged(system, service).filter(({ trace_id }) => trace_id === traceId);
      expect(lines.length).toBeGreaterThan(0);
    }
  });

  it('lets no trace end before its events are stored, when requests are gathered and applied together', async () => {
    const traces: { traceId: string }[] = [];
    for (const _round of range(6)) {
      const together = range(16).map(newTrace);
      const posts = together.map(({ traceparent }) => system.post({ events: [event()] }, { traceparent }));
      for (const response of await Promise.all(posts)) expect(response.status).toBe(202);
      traces.push(...together);
    }
    await system.settled();
    await vi.waitFor(() => {
      const isStored = ({ name }: ReceivedSpan) => name === 'apply' || name === 'process';
      expect(traces.filter(({ traceId }) => !spansOf(traceId).some(isStored))).toEqual([]);
    }, 15_000);
    const appends = new Set(
      traces.flatMap(({ traceId }) => spansOf(traceId)).filter(({ name }) => name === 'append'),
    );
    expect(appends.size).toBeLessThan(traces.length);
  });

  it('shows the batches of the publisher', async () => {
    const before = receiver.spans.length;
    const publisher = fileURLToPath(new URL('../../../services/publisher/dist/main.js', import.meta.url));
    const child = spawn(process.execPath, [publisher], {
      env: {
        ...process.env,
        TARGET_URL: system.stack.url,
        TOTAL_EVENTS: '300',
        BATCH_SIZE: '100',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = await text(child.stdout);
    expect(output).toContain('"exact":true');
    await vi.waitFor(() => {
      const published = receiver.spans.slice(before).filter(({ service }) => service === 'oncelog-publisher');
      expect(published).toHaveLength(3);
      for (const { traceId } of published) {
        const names = spansOf(traceId).map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(['publish', 'POST /publish', 'append']));
        expect(names.some((name) => name === 'apply' || name === 'process')).toBe(true);
      }
    }, 15_000);
  });
});

describe('a collector that is in trouble', () => {
  const warnings = (system: System, service: string) =>
    logged(system, service).filter(({ msg }) => msg === 'traces could not be exported');

  it.each(['hang', 'away'] as const)(
    'costs spans and nothing else: %s',
    async (trouble) => {
      const receiver = await openOtlpReceiver();
      if (trouble === 'away') await receiver[Symbol.asyncDispose]();
      else receiver.behave(trouble);
      const system = await openWatched({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_BSP_MAX_QUEUE_SIZE: '64',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '32',
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      });
      for (const round of range(5)) {
        const posts = range(100).map((n) =>
          system.post({ events: [event({ event_id: `${trouble}-${round}-${n}` })] }),
        );
        for (const response of await Promise.all(posts)) expect(response.status).toBe(202);
      }
      expect(await system.settled()).toMatchObject({ received: 500, unique_processed: 500 });
      for (const service of SERVICES) {
        await vi.waitFor(() => expect(warnings(system, service)).not.toEqual([]), 15_000);
        // once a minute, however long this takes on a busy machine
        const times = warnings(system, service).map(({ time }) => Date.parse(String(time)));
        const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
        expect(gaps.filter((ms) => ms < 59_000)).toEqual([]);
        const stoppedAt = performance.now();
        system.stack.kill(service, 'SIGTERM');
        const exit = await vi.waitFor(() => {
          const line = system.said.find((words) => words.startsWith(`${service} exited`));
          if (line === undefined) throw new Error(`${service} runs on`);
          return line;
        }, 15_000);
        expect(exit).toMatch(/\((?:exit )?code 0\)/);
        expect(performance.now() - stoppedAt).toBeLessThan(10_000);
      }
      await system.close();
      if (trouble !== 'away') await receiver[Symbol.asyncDispose]();
    },
    180_000,
  );
});
