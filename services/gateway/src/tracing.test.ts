import { openReader } from '@oncelog/event-stream';
import { silentLog } from '@oncelog/event-stream/testing';
import { testRedisUrl } from '@oncelog/local-stack/testing';
import { createLogger, openTracer, type Tracer } from '@oncelog/service-kit';
import { type OtlpReceiver, openOtlpReceiver } from '@oncelog/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bodyOf, event, openTestGateway, type TestGateway } from './testing/gateway.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const HOSTILE = [
  ['words', 'hello'],
  ['an ID of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['version ff', `ff-${TRACE}-b7ad6b7169203331-01`],
  ['two', `${PARENT}, ${PARENT}`],
  ['far too much', 'x'.repeat(10_000)],
] as const;

/** Entries that the gateway has appended since the last call. */
async function entriesOf(gateway: TestGateway): Promise<Record<string, string>[]> {
  const entries = (await gateway.redis.xRange(gateway.key, '-', '+')) ?? [];
  await gateway.redis.xTrim(gateway.key, 'MAXLEN', 0);
  return entries.map(({ message }) => ({ ...message }));
}

const answered = (gateway: TestGateway) =>
  gateway
    .logLines()
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg, route }) => msg === 'request answered' && route === '/publish');

describe('without an exporter', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openTestGateway();
  });
  afterAll(() => gateway.close());

  it.each([
    ['with a key', { 'idempotency-key': 'traced' }],
    ['that may be gathered', {}],
  ])('hands on the trace of a request %s, and says it in its log line', async (_, headers) => {
    const response = await gateway.post(bodyOf(event()), { ...headers, traceparent: PARENT });
    expect(response.status).toBe(202);
    expect(await entriesOf(gateway)).toMatchObject([{ traceparent: PARENT }]);
    await vi.waitFor(() =>
      expect(answered(gateway).at(-1)).toMatchObject({ trace_id: TRACE, span_id: 'b7ad6b7169203331' }),
    );
  });

  it('hands on a later version as version 00', async () => {
    await gateway.post(bodyOf(event()), { traceparent: PARENT.replace('00-', 'cc-').concat('-more') });
    expect(await entriesOf(gateway)).toMatchObject([{ traceparent: PARENT }]);
  });

  it.each(HOSTILE)('takes a batch whose traceparent holds %s, and ignores that', async (_, traceparent) => {
    const before = answered(gateway).length;
    const response = await gateway.post(bodyOf(event()), { traceparent });
    expect(response.status).toBe(202);
    const [entry] = await entriesOf(gateway);
    expect(Object.keys(entry ?? {})).toEqual(['batch_id', 'events', 'epoch', 'body']);
    await vi.waitFor(() => expect(answered(gateway)).toHaveLength(before + 1));
    expect(answered(gateway).at(-1)).not.toHaveProperty('trace_id');
  });

  it('hands on the traces of all requests that were gathered, once each', async () => {
    const traceparents = Array.from(
      { length: 12 },
      (_, n) => `00-${TRACE}-${String(n + 1).padStart(16, '0')}-0${n % 2}`,
    );
    const posts = traceparents.map((traceparent) => gateway.post(bodyOf(event()), { traceparent }));
    for (const response of await Promise.all(posts)) expect(response.status).toBe(202);
    const entries = await entriesOf(gateway);
    const handedOn = entries.flatMap(({ traceparent = '' }) => traceparent.split(','));
    expect(handedOn.sort()).toEqual([...traceparents].sort());
  });

  it('writes no byte more for a request without a trace', async () => {
    await gateway.post(bodyOf(event()));
    const [entry] = await entriesOf(gateway);
    expect(Object.keys(entry ?? {})).toEqual(['batch_id', 'events', 'epoch', 'body']);
  });
});

describe('with an exporter', () => {
  let receiver: OtlpReceiver;
  let tracer: Tracer;
  let gateway: TestGateway;
  beforeAll(async () => {
    receiver = await openOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20' };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    tracer = await openTracer({ service: 'gateway', log: createLogger('gateway', 'fatal'), env });
    gateway = await openTestGateway({ tracer });
  });
  afterAll(async () => {
    await gateway.close();
    await tracer.close();
    await receiver[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
  });

  const received = (traceId: string, count: number) =>
    vi.waitFor(() => {
      const spans = receiver.spans.filter((span) => span.traceId === traceId);
      expect(spans).toHaveLength(count);
      return spans;
    }, 10_000);

  it('makes a span of the request and one of the append, and hands on the latter', async () => {
    const response = await gateway.post(bodyOf(event(), event()), { traceparent: PARENT });
    const { batch_id } = (await response.json()) as { batch_id: string };
    const spans = await received(TRACE, 2);
    const request = spans.find(({ name }) => name === 'POST /publish');
    const append = spans.find(({ name }) => name === 'append');
    expect(request).toMatchObject({
      kind: 2,
      parentSpanId: 'b7ad6b7169203331',
      failed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/publish',
        'http.response.status_code': 202,
        'url.path': '/publish',
        'url.scheme': 'http',
        'oncelog.request_id': response.headers.get('x-request-id'),
      },
    });
    expect(append).toMatchObject({
      kind: 4,
      parentSpanId: request?.spanId,
      attributes: { 'messaging.message.id': batch_id, 'oncelog.events': 2 },
    });
    expect(await entriesOf(gateway)).toMatchObject([{ traceparent: `00-${TRACE}-${append?.spanId}-01` }]);
    expect(answered(gateway).at(-1)).toMatchObject({ trace_id: TRACE, span_id: request?.spanId });
  });

  it('begins a trace for a request that has none, or a wrong one', async () => {
    for (const [, traceparent] of HOSTILE) await gateway.post(bodyOf(event()), { traceparent });
    await gateway.post(bodyOf(event()));
    const entries = await entriesOf(gateway);
    const traces = entries.map(({ traceparent = '' }) => traceparent.slice(3, 35));
    expect(new Set(traces).size).toBe(HOSTILE.length + 1);
    for (const trace of traces) await received(trace, 2);
  });

  it('records nothing of a trace that is not to be recorded, and hands that on', async () => {
    const trace = 'b'.repeat(32);
    await gateway.post(bodyOf(event()), { traceparent: `00-${trace}-b7ad6b7169203331-00` });
    const [entry] = await entriesOf(gateway);
    expect(entry?.['traceparent']).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
    await gateway.post(bodyOf(event()), { traceparent: `00-${'c'.repeat(32)}-b7ad6b7169203331-01` });
    await received('c'.repeat(32), 2);
    await entriesOf(gateway);
    expect(receiver.spans.filter(({ traceId }) => traceId === trace)).toEqual([]);
  });

  it('says what failed, without its contents, and names no route that does not exist', async () => {
    const trace = 'd'.repeat(32);
    const traceparent = `00-${trace}-b7ad6b7169203331-01`;
    await gateway.post('{"secret', { traceparent });
    await fetch(`${gateway.url}/no-such-path?q=secret`, { headers: { traceparent } });
    await fetch(`${gateway.url}/health`, { headers: { traceparent } });
    const spans = await received(trace, 2);
    expect(spans.map(({ name }) => name).sort()).toEqual(['GET', 'POST /publish']);
    const statuses = spans.map(({ attributes }) => attributes['http.response.status_code']).sort();
    expect(statuses).toEqual([400, 404]);
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('secret');
  });

  it('marks a request as failed that Redis does not take, and its append', async () => {
    const limited = await openTestGateway({ tracer, maxBacklogEvents: 1 });
    const trace = 'e'.repeat(32);
    const response = await limited.post(bodyOf(event(), event()), {
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
    });
    expect(response.status).toBe(503);
    const spans = await received(trace, 2);
    expect(
      spans.map(({ name, failed, attributes }) => [name, failed, attributes['error.type']]).sort(),
    ).toEqual([
      ['POST /publish', true, '503'],
      ['append', true, 'backlog-full'],
    ]);
    await limited.close();
  });

  it('links the append of gathered requests to those that it is not part of', async () => {
    const traces = Array.from({ length: 12 }, (_, n) => String(n + 10).padStart(32, 'f'));
    const posts = traces.map((trace) =>
      gateway.post(bodyOf(event()), { traceparent: `00-${trace}-b7ad6b7169203331-01` }),
    );
    await Promise.all(posts);
    const entries = await entriesOf(gateway);
    const handedOn = entries.flatMap(({ traceparent = '' }) => traceparent.split(','));
    expect(handedOn.map((traceparent) => traceparent.slice(3, 35)).sort()).toEqual(traces);
    await vi.waitFor(() => {
      const appends = receiver.spans.filter(
        ({ name, traceId }) => name === 'append' && traces.includes(traceId),
      );
      const involved = appends.flatMap(({ traceId, links }) => [
        traceId,
        ...links.map((link) => link.traceId),
      ]);
      expect(involved.sort()).toEqual(traces);
    }, 10_000);
  });
});

it('carries an entry that a reader takes for one of ours', async () => {
  const gateway = await openTestGateway();
  await gateway.post(bodyOf(event()), { traceparent: PARENT });
  const prefix = gateway.key.slice(0, gateway.key.indexOf(':'));
  const reader = openReader({ url: testRedisUrl(), prefix, shard: 0, consumer: 'one', log: silentLog });
  await vi.waitFor(() => reader.ensureGroup(), 10_000);
  const [entry] = await reader.read({ maxEntries: 1, maxBytes: 1e6 }, { blockMs: 1_000, lingerMs: 0 });
  expect(entry).toMatchObject({ kind: 'batch', traceparents: [PARENT] });
  await reader.close();
  await gateway.close();
});
