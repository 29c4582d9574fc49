import { parsePublishRequest } from '@oncelog/event-schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chaosEvent, chaosEvents, indicesAt } from './workload.ts';

const name = fc.record({ publisher: fc.nat({ max: 9 }), number: fc.nat({ max: 50_000 }) });

describe('the workload', () => {
  it('is a pure function of seed and name', () => {
    fc.assert(
      fc.property(fc.integer(), name, (seed, of) => {
        expect(chaosEvents(seed, of)).toEqual(chaosEvents(seed, of));
      }),
      { numRuns: 20 },
    );
  });

  it('is accepted by the gateway as it is', () => {
    fc.assert(
      fc.property(fc.integer(), name, (seed, of) => {
        const body = new TextEncoder().encode(JSON.stringify({ events: chaosEvents(seed, of) }));
        expect(parsePublishRequest(body, { maxEvents: 1_000 }).outcome).toBe('valid');
      }),
      { numRuns: 20 },
    );
  });

  it('gives a key one content, and an index one key', () => {
    const keys = new Set(Array.from({ length: 2_000 }, (_, index) => chaosEvent(7, index).event_id));
    expect(keys.size).toBe(2_000);
    expect(chaosEvent(7, 3)).toEqual(chaosEvent(7, 3));
  });

  it('repeats keys within a batch, and across publishers', () => {
    const steps = Array.from({ length: 50 }, (_, number) => number);
    const within = steps.map((number) => indicesAt(1, { publisher: 0, number }));
    expect(within.some((indices) => new Set(indices).size < indices.length)).toBe(true);
    const other = new Set(steps.flatMap((number) => indicesAt(1, { publisher: 1, number })));
    expect(within.flat().filter((index) => other.has(index)).length).toBeGreaterThan(500);
  });
});
