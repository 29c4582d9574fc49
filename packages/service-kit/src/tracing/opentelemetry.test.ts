import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, type Logger } from '../logger.ts';
import { type OtlpReceiver, openOtlpReceiver } from '../testing/otlp-receiver.ts';
import { openTracer } from './open-tracer.ts';
import { readTraceparent, spanIdOf, traceIdOf } from './traceparent.ts';
import { passThroughTracer, type Tracer } from './tracer.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const UNSAMPLED = `00-${TRACE}-b7ad6b7169203331-00`;
const OTHER = '00-11111111111111111111111111111111-2222222222222222-01';

let receiver: OtlpReceiver;
let lines: Record<string, unknown>[];
let log: Logger;
beforeEach(async () => {
  receiver = await openOtlpReceiver();
  lines = [];
  log = createLogger('gateway', 'info', { write: (line: string) => void lines.push(JSON.parse(line)) });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver[Symbol.asyncDispose]();
});

/** With the variables in the process's own environment too: the exporter reads them there. */
function open(env: Record<string, string> = {}): Promise<Tracer> {
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  return openTracer({ service: 'gateway', log, env: all });
}

describe('a tracer that exports', () => {
  it('sends spans with their parents, links, attributes and failures', async () => {
    const tracer = await open();
    const server = tracer.startSpan('GET', {
      kind: 'server',
      parent: PARENT,
      attributes: { a: 1, none: undefined },
    });
    const child = tracer.startSpan('append', {
      kind: 'producer',
      parent: server.traceparent,
      links: [OTHER],
    });
    child.end(Object.assign(new RangeError('tells of an event'), { code: 'OOM' }));
    server.rename('GET /events');
    server.set({ b: 'two', c: true });
    server.end();
    await tracer.close();

    const [append, get] = receiver.spans;
    expect(get).toMatchObject({
      service: 'oncelog-gateway',
      name: 'GET /events',
      kind: 2,
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      attributes: { a: 1, b: 'two', c: true },
      failed: false,
    });
    expect(append).toMatchObject({
      kind: 4,
      traceId: TRACE,
      parentSpanId: get?.spanId,
      links: [{ traceId: traceIdOf(OTHER), spanId: spanIdOf(OTHER) }],
      attributes: { 'error.type': 'OOM' },
      failed: true,
    });
    expect(append?.startNs).toBeGreaterThanOrEqual(get?.startNs ?? 0n);
    expect(JSON.stringify(append?.attributes)).not.toContain('tells of an event');
    expect(readTraceparent(server.traceparent ?? '')).toBe(`00-${TRACE}-${get?.spanId}-01`);
    expect(lines).toEqual([]);
  });

  it('begins a trace where there is none', async () => {
    const tracer = await open();
    tracer.startSpan('apply', { kind: 'consumer' }).end();
    await tracer.close();
    expect(receiver.spans).toMatchObject([{ parentSpanId: '', traceId: expect.stringMatching(/[^0]/) }]);
  });

  it.each([
    ['by default what its parent does not record', {}, UNSAMPLED],
    ['with always_off anything', { OTEL_TRACES_SAMPLER: 'always_off' }, PARENT],
    [
      'with a ratio of 0 anything',
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
      PARENT,
    ],
    ['with a parent-based ratio of 0 a trace of its own', RATIO_OF_0, undefined],
  ])('does not record %s, and says so to what follows', async (_, env, parent) => {
    const tracer = await open(env);
    const span = tracer.startSpan('GET', { kind: 'server', parent });
    expect(span.traceparent).toMatch(/-00$/);
    if (parent !== undefined) expect(traceIdOf(span.traceparent ?? '')).toBe(TRACE);
    span.end();
    await tracer.close();
    expect(receiver.spans).toEqual([]);
  });

  it('takes its name, attributes and headers from the standard variables', async () => {
    const tracer = await open({
      OTEL_SERVICE_NAME: 'my-gateway',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret',
    });
    tracer.startSpan('GET', { kind: 'server' }).end();
    await tracer.close();
    expect(receiver.spans).toMatchObject([{ service: 'my-gateway' }]);
    expect(receiver.requests).toMatchObject([{ headers: { authorization: 'Bearer secret' } }]);
  });

  it('says what it speaks where it was told to speak something else', async () => {
    const tracer = await open({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    await tracer.close();
    expect(lines).toMatchObject([{ level: 40, protocol: 'grpc' }]);
  });
});

const RATIO_OF_0 = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };

describe('a collector that is in trouble', () => {
  it('is given up on at the stop, after two seconds, with one line', async () => {
    receiver.behave('hang');
    const tracer = await open();
    tracer.startSpan('GET', { kind: 'server' }).end();
    await tracer.close(); // the exporter itself would wait for 10 s
    const msg = 'the last traces could not be exported';
    expect(lines).toMatchObject([{ level: 40, msg, reason: 'no time left' }]);
  });

  it('is said once, not at every export', async () => {
    const { port, close } = await refusingPort();
    const tracer = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '50', // no time for another try
      OTEL_BSP_SCHEDULE_DELAY: '5',
      OTEL_BSP_MAX_QUEUE_SIZE: '4',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '2',
    });
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < 20; n += 1) tracer.startSpan('GET', { kind: 'server' }).end();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await vi.waitFor(() => expect(lines).not.toEqual([]), 10_000);
    await tracer.close();
    const reports = lines.filter(({ msg }) => msg === 'traces could not be exported');
    expect(reports).toHaveLength(1);
    expect(reports).toMatchObject([{ level: 40, reason: expect.stringMatching(/\w/) }]);
    await close();
  });
});

/** A port that nobody listens on, kept from others. */
async function refusingPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => socket.resetAndDestroy());
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const { port } = server.address() as { port: number };
  return { port, close: () => new Promise((done) => void server.close(() => done())) };
}

describe('a tracer that does not export', () => {
  it('hands on the trace that the work came with, and begins none', async () => {
    const tracer = await openTracer({ service: 'gateway', log, env: {} });
    expect(tracer).toBe(passThroughTracer);
    expect(tracer.startSpan('GET', { kind: 'server', parent: PARENT }).traceparent).toBe(PARENT);
    const span = tracer.startSpan('GET', { kind: 'server' });
    span.set({ a: 1 });
    span.end(new Error('no'));
    expect(span.traceparent).toBeUndefined();
    await tracer.close();
  });
});
