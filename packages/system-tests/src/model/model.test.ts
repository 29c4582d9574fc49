import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_RULES,
  type Batch,
  createWorld,
  type Rules,
  type Step,
  settle,
  take,
  violations,
} from './model.ts';

const MEMBERS = 2;

/** A batch's content follows from its number: sending it again sends the same. */
const batchOf = (id: number): Batch => ({ id, keys: ['a', 'b', 'c', 'd'].slice(id % 3, (id % 3) + 2) });

const member = fc.nat(MEMBERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(2).map((id) => ({ step: 'send', batch: batchOf(id) }) as const) },
  { weight: 2, arbitrary: fc.nat(2).map((batch) => ({ step: 'close', batch }) as const) },
  {
    weight: 10,
    arbitrary: fc.record({
      step: fc.constantFrom(
        'deliver',
        'deliver',
        'commit',
        'commit',
        'acknowledge',
        'crash',
        'restart',
        'claim',
      ),
      member,
    }) as fc.Arbitrary<Step>,
  },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ step: 'trim' }, { step: 'loseGroup' }, { step: 'prune' }) },
);

const outcome = (rules: Rules, steps: readonly Step[]): string[] => {
  const world = createWorld(rules, MEMBERS);
  for (const each of steps) take(world, each);
  settle(world);
  return violations(world);
};

const runs = (rules: Rules) =>
  fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    expect(outcome(rules, steps)).toEqual([]);
  });

describe('the model', () => {
  it('keeps every invariant for any interleaving of sends, crashes, claims, zombies, trims and prunes', () => {
    fc.assert(runs(ALL_RULES), { numRuns: 20_000 });
  });

  it.each(Object.keys(ALL_RULES))('breaks without the rule %s', (rule) => {
    const { failed, counterexample } = fc.check(runs({ ...ALL_RULES, [rule]: false }), { numRuns: 500_000 });
    expect(failed, 'a rule that is never needed is not a rule').toBe(true);
    expect(counterexample?.[0].length).toBeLessThan(15); // it was shrunk to something that can be read
  });
});
