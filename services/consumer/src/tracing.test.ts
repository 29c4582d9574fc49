import { randomUUID } from 'node:crypto';
import { createLogger, openTracer, type Tracer, traceIdOf } from '@oncelog/service-kit';
import { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from '@oncelog/service-kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Member, openTestGroup, type TestGroup } from './testing/group.ts';

const ids = (...names: string[]) => names.map((event_id) => ({ event_id }));
/** A place in a trace of its own. */
const trace = (sampled = true) =>
  `00-${randomUUID().replaceAll('-', '')}-b7ad6b7169203331-0${sampled ? 1 : 0}`;

let group: TestGroup;
afterEach(() => group.close());

async function drain({ consumer }: Member): Promise<void> {
  const drained = async () => {
    await consumer.tick();
    return (await group.backlog()).inFlightEvents;
  };
  await expect.poll(drained, { timeout: 10_000 }).toBe(0);
}

const lines = ({ logged }: Member, msg: string) => logged().filter((line) => line.msg === msg);

describe('without an exporter', () => {
  beforeEach(async () => {
    group = await openTestGroup();
  });

  it('says at debug which traces were applied', async () => {
    const member = await group.join('one');
    const [one, two] = [trace(), trace(false)];
    await group.publish(ids('a', 'b', 'a'), randomUUID(), [one]);
    await group.publish(ids('c'), randomUUID(), [two, two]);
    await group.publish(ids('d'));
    await drain(member);
    expect(lines(member, 'entries applied')).toMatchObject([
      {
        level: 20,
        entries: 3,
        events: 5,
        unique: 4,
        duplicates: 1,
        deadLetters: 0,
        trace_ids: [one, two].map(traceIdOf),
      },
    ]);
  });

  it('says which trace a dead letter is of, and which an entry that repeats a batch', async () => {
    const member = await group.join('one');
    const [dead, repeated] = [trace(), trace()];
    await group.publish(
      [{ event_id: 'a' }, { event_id: 'b', timestamp: '2026-02-30T00:00:00Z' }],
      randomUUID(),
      [dead],
    );
    const batchId = await group.publish(ids('c'), randomUUID(), [trace()]);
    await group.publish(ids('c'), batchId, [repeated]);
    await drain(member);
    expect(lines(member, 'event became a dead letter')).toMatchObject([{ trace_id: traceIdOf(dead) }]);
    expect(lines(member, 'entry repeats a batch')).toMatchObject([
      { batchId, trace_id: traceIdOf(repeated) },
    ]);
  });

  it('says which traces wait for a statement that fails', async () => {
    const member = await group.join('one');
    const waiting = trace();
    await group.publish(ids('a'), randomUUID(), [waiting]);
    await group.test.sql`ALTER TABLE processed_events RENAME TO away`;
    const draining = drain(member);
    await vi.waitFor(() => expect(lines(member, 'could not apply, trying again')).not.toEqual([]), 10_000);
    await group.test.sql`ALTER TABLE away RENAME TO processed_events`;
    await draining;
    expect(lines(member, 'could not apply, trying again')[0]).toMatchObject({ trace_id: traceIdOf(waiting) });
  });
});

describe('with an exporter', () => {
  let receiver: OtlpReceiver;
  let tracer: Tracer;
  beforeAll(async () => {
    receiver = await openOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '20' };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    tracer = await openTracer({ service: 'consumer', log: createLogger('consumer', 'fatal'), env });
  });
  beforeEach(async () => {
    group = await openTestGroup(tracer);
  });
  afterAll(async () => {
    await tracer.close();
    await receiver[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
  });

  const received = (traceparent: string, ...names: string[]): Promise<ReceivedSpan[]> =>
    vi.waitFor(() => {
      const spans = receiver.spans.filter((span) => span.traceId === traceIdOf(traceparent));
      expect(spans.map(({ name }) => name).sort()).toEqual(names.sort());
      return names.map((name) => spans.find((span) => span.name === name) as ReceivedSpan);
    }, 10_000);

  it('makes apply and its statement part of the trace of an entry', async () => {
    const member = await group.join('one');
    const parent = trace();
    await group.publish(ids('a', 'b', 'a'), randomUUID(), [parent]);
    await drain(member);
    const [insert, apply] = await received(parent, 'INSERT processed_events', 'apply');
    expect(apply).toMatchObject({
      kind: 5,
      parentSpanId: 'b7ad6b7169203331',
      failed: false,
      attributes: {
        'messaging.system': 'redis',
        'messaging.destination.name': group.key,
        'messaging.consumer.group.name': 'oncelog',
        'messaging.client.id': 'one',
        'messaging.batch.message_count': 1,
        'oncelog.events': 3,
        'oncelog.unique': 2,
        'oncelog.duplicates': 1,
        'oncelog.dead_letters': 0,
      },
    });
    expect(insert).toMatchObject({
      kind: 3,
      parentSpanId: apply?.spanId,
      failed: false,
      attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'INSERT' },
    });
    expect(JSON.stringify(insert?.attributes)).not.toContain('"a"');
  });

  it('lets no trace end before its events are stored, when several are applied together', async () => {
    const member = await group.join('one');
    const [one, two, three, unrecorded] = [trace(), trace(), trace(), trace(false)] as const;
    await group.publish(ids('a'), randomUUID(), [one]);
    await group.publish(ids('a', 'b'), randomUUID(), [two, three]);
    await group.publish(ids('c'), randomUUID(), [unrecorded]);
    await group.publish(ids('d'));
    await drain(member);
    const [, apply] = await received(one, 'INSERT processed_events', 'apply');
    expect(apply?.links.map(({ traceId }) => traceId)).toEqual([one, two, three].map(traceIdOf));
    expect(apply?.attributes).toMatchObject({ 'messaging.batch.message_count': 4, 'oncelog.events': 5 });
    for (const shared of [two, three]) {
      const [process] = await received(shared, 'process');
      expect(process).toMatchObject({
        parentSpanId: 'b7ad6b7169203331',
        links: [{ traceId: traceIdOf(one), spanId: apply?.spanId }],
        attributes: { 'oncelog.events': 2, 'oncelog.unique': 1, 'oncelog.duplicates': 1 },
      });
    }
    await received(unrecorded);
  });

  it('begins a trace for entries that have none', async () => {
    const member = await group.join(`untraced-${randomUUID()}`);
    await group.publish(ids('a'));
    await drain(member);
    await vi.waitFor(() => {
      const apply = receiver.spans.find(
        ({ attributes }) => attributes['messaging.destination.name'] === group.key,
      );
      expect(apply).toMatchObject({ name: 'apply', parentSpanId: '', links: [] });
    }, 10_000);
  });

  it('shows each try of a statement, with the SQLSTATE of what failed', async () => {
    const member = await group.join('one');
    const parent = trace();
    await group.publish([{ event_id: 'a', timestamp: '2026-02-30T00:00:00Z' }], randomUUID(), [parent]);
    await drain(member);
    await received(parent, 'INSERT processed_events', 'INSERT processed_events', 'apply');
    const spans = receiver.spans.filter(({ traceId }) => traceId === traceIdOf(parent));
    const tries = spans.filter(({ name }) => name !== 'apply');
    expect(tries.map(({ failed }) => failed)).toEqual([true, false]);
    expect(tries[0]?.attributes).toMatchObject({
      'db.response.status_code': '22008',
      'error.type': '22008',
    });
    const apply = spans.find(({ name }) => name === 'apply');
    expect(apply).toMatchObject({ failed: false, attributes: { 'oncelog.dead_letters': 1 } });
  });

  it('ends the trace of entries that were given up', async () => {
    const member = await group.join('one');
    const parent = trace();
    await group.publish(ids('a'), randomUUID(), [parent]);
    await group.test.sql`ALTER TABLE processed_events RENAME TO away`;
    member.giveUp.abort();
    await expect(member.consumer.tick().then(() => member.consumer.tick())).rejects.toThrow(/stays pending/);
    const apply = await vi.waitFor(() => {
      const found = receiver.spans.find(
        ({ name, traceId }) => name === 'apply' && traceId === traceIdOf(parent),
      );
      if (found === undefined) throw new Error('not exported yet');
      return found;
    }, 10_000);
    expect(apply).toMatchObject({ failed: true, attributes: { 'error.type': 'GaveUpError' } });
    await group.test.sql`ALTER TABLE away RENAME TO processed_events`;
  });
});
