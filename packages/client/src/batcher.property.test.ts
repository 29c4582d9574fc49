import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Violation } from './api-types.ts';
import { createBatcher } from './batcher.ts';
import { PublishRejectedError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface FakeEvent {
  readonly id: string;
  readonly bad: boolean;
}

/**
 * A gateway that refuses a batch with a bad event, and says where or not; or one that has too many events. In between, it
 * takes its time.
 */
function fakeGateway(says: boolean, maxEvents: number) {
  const stored: string[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const send = async (texts: readonly Uint8Array[]) => {
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    const events = texts.map((text) => JSON.parse(decoder.decode(text)) as FakeEvent);
    const errors: Violation[] = events.flatMap(({ bad }, n) =>
      bad && says ? [{ pointer: `/events/${n}`, rule: 'x', detail: 'x' }] : [],
    );
    const tooMany = events.length > maxEvents;
    if (tooMany) errors.splice(0, errors.length, { pointer: '/events', rule: 'max-items', detail: 'x' });
    if (tooMany || events.some(({ bad }) => bad)) {
      const problem = { type: 'x', title: 'x', status: 422, detail: 'x', request_id: 'x', code: 'x', errors };
      return { outcome: 'rejected', status: 422, problem, attempts: 1 } as const;
    }
    stored.push(...events.map(({ id }) => id));
    const value = { batchId: `batch-${stored.length}`, queued: events.length };
    return { outcome: 'answered', value, attempts: 1 } as const;
  };
  return { send, stored, mostInFlight: () => mostInFlight };
}

test('whatever is refused, every other call is stored, once, in order, and the buffer is empty again', async () => {
  const call = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 30 }),
      fc.record({
        says: fc.boolean(),
        takes: fc.integer({ min: 1, max: 8 }),
        maxInFlight: fc.integer({ min: 1, max: 3 }),
      }),
      async (calls, { says, takes, maxInFlight }) => {
        const gateway = fakeGateway(says, takes);
        const batcher = createBatcher(
          { send: gateway.send, monotonicMs: () => performance.now() },
          {
            batch: { maxEvents: 5, maxBytes: 200, lingerMs: 1 },
            buffer: { maxEvents: 1_000, maxBytes: 100_000 },
            maxEventBytes: 100_000,
            maxInFlight,
            deliveryTimeoutMs: 60_000,
          },
        );
        const all = calls.map((events, c) => events.map((n, i) => ({ id: `${c}.${i}`, bad: n === 0 })));
        const outcomes = all.map((events) =>
          batcher
            .publish(
              events.map((event) => encoder.encode(JSON.stringify(event))),
              undefined,
            )
            .promise.then(
              ({ queued }) => queued,
              (error: unknown) => error as PublishRejectedError,
            ),
        );
        await batcher.flush();
        expect(batcher.buffered()).toEqual({ events: 0, bytes: 0 });
        expect(await batcher.close({})).toEqual({ undelivered: 0 });
        expect(gateway.mostInFlight()).toBeLessThanOrEqual(maxInFlight);
        expect(new Set(gateway.stored).size).toBe(gateway.stored.length);
        if (maxInFlight === 1) expect(gateway.stored).toEqual(gateway.stored.toSorted(byNumber));
        for (const [c, events] of all.entries()) {
          const outcome = await outcomes[c];
          const kept = gateway.stored.filter((id) => id.startsWith(`${c}.`)).length;
          const bad = events.filter((event) => event.bad);
          if (bad.length === 0) expect([outcome, kept]).toEqual([events.length, events.length]);
          else {
            expect(outcome).toBeInstanceOf(PublishRejectedError);
            const error = outcome as PublishRejectedError;
            expect(error.queued).toBe(kept);
            // a call that fits one batch is stored as a whole or not at all
            if (events.length <= Math.min(takes, 5)) expect(kept).toBe(0);
            const places = error.problem?.errors?.map(({ pointer }) => Number(pointer.split('/')[2])) ?? [];
            if (says) expect(places.every((place) => events[place]?.bad)).toBe(true);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});

function byNumber(a: string, b: string): number {
  const [x = 0, y = 0] = a.split('.').map(Number);
  const [v = 0, w = 0] = b.split('.').map(Number);
  return x - v || y - w;
}
