import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule, isKill, type ScheduleInput } from './schedule.ts';

const input: fc.Arbitrary<ScheduleInput> = fc.record({
  seed: fc.integer(),
  durationMs: fc.integer({ min: 1_000, max: 600_000 }),
  consumers: fc.integer({ min: 1, max: 8 }),
  kills: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
});

describe('createSchedule', () => {
  it('is a pure function of its input', () => {
    fc.assert(
      fc.property(input, (given) => {
        expect(createSchedule(given)).toEqual(createSchedule({ ...given }));
      }),
    );
  });

  it('stays as it is: a seed that was reported can be run again', () => {
    expect(createSchedule({ seed: 42, durationMs: 6_000, consumers: 3 })).toMatchInlineSnapshot(`
      [
        {
          "action": "join",
          "atMs": 1072,
          "component": "stray",
          "failPoint": "in-statement=kill@2",
          "forMs": 3702,
        },
        {
          "action": "crash",
          "atMs": 2827,
          "component": "postgres",
          "forMs": 0,
        },
        {
          "action": "kill",
          "atMs": 4713,
          "component": "consumer-1",
          "forMs": 72,
        },
        {
          "action": "kill",
          "atMs": 5302,
          "component": "consumer-1",
          "forMs": 292,
        },
      ]
    `);
  });

  it('is in order, within the duration, and has exactly the kills that were asked for', () => {
    fc.assert(
      fc.property(input, (given) => {
        const faults = createSchedule(given);
        const times = faults.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.every((atMs) => atMs >= 0 && atMs <= given.durationMs)).toBe(true);
        if (given.kills !== undefined) expect(faults.filter(isKill)).toHaveLength(given.kills);
      }),
    );
  });

  it('differs by seed, and breaks everything there is in ten minutes', () => {
    const ten = { durationMs: 600_000, consumers: 3 };
    const faults = createSchedule({ ...ten, seed: 1 });
    expect(faults).not.toEqual(createSchedule({ ...ten, seed: 2 }));
    const kinds = new Set(faults.map(({ component, action }) => `${component} ${action}`));
    const consumers = [1, 2, 3].flatMap((n) => [`consumer-${n} kill`, `consumer-${n} freeze`]);
    const links = ['gateway', 'redis', 'postgres'].flatMap((to) => [`link-${to} cut`, `link-${to} stall`]);
    const others = ['gateway', 'redis', 'postgres'].flatMap((name) => [`${name} kill`, `${name} freeze`]);
    expect(kinds).toEqual(
      new Set([...consumers, ...links, ...others, 'postgres terminate', 'postgres crash', 'stray join']),
    );
  });
});
