import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attack, inShort } from './attack.ts';
import { type GuardedSystem, openGuardedSystem } from './guarded-system.ts';
import type { HostileRequest } from './hostile-request.ts';
import { hostileRequests } from './hostile-requests.ts';
import { seedOf } from './seed.ts';
import type { RawOutcome } from './send-raw.ts';

// Requests that no decent client sends, beside a decent client that must not notice.

let system: GuardedSystem;
beforeAll(async () => {
  system = await openGuardedSystem();
});
afterAll(() => system?.close());

const MORE = 300;

/** How many events an answer says are queued; of lines that were refused, those that were kept before. */
function queuedIn(outcome: RawOutcome): number {
  if (typeof outcome === 'string') return 0;
  const isProblem = outcome.headers['content-type']?.startsWith('application/problem+json') === true;
  if ((outcome.status !== 202 && !isProblem) || outcome.body === '') return 0;
  const { queued, kept } = JSON.parse(outcome.body) as { queued?: number; kept?: { queued: number } };
  return queued ?? kept?.queued ?? 0;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Runs an attack: nothing of it is stored but what was acknowledged, and all of that. */
async function survives(requests: readonly HostileRequest[]): Promise<string[]> {
  const before = await system.unharmed();
  const { outcomes, decent } = await attack(system, requests);
  const after = await system.unharmed();
  expect(new Set(decent)).toEqual(new Set([202]));
  const injected = outcomes.filter(
    (one) =>
      typeof one === 'object' && Object.keys(one.headers).some((name) => /injected|set-cookie/.test(name)),
  );
  expect(injected).toEqual([]);
  expect(after.accepted - before.accepted).toBe(sum(outcomes.map(queuedIn)) + decent.length);
  return outcomes.map(inShort);
}

it('answers each of the kept hostile requests as it always did', async () => {
  const kept = JSON.parse(
    readFileSync(new URL('./hostile-requests.json', import.meta.url), 'utf8'),
  ) as (HostileRequest & { answer: string })[];
  expect(kept.length).toBeGreaterThanOrEqual(300);
  const answers = await survives(kept);
  const changed = kept.flatMap((one, at) =>
    one.answer === answers[at] ? [] : [{ at, ...one, now: answers[at] }],
  );
  expect(changed).toEqual([]);
}, 240_000);

it('refuses or serves any others, and neither fails nor hangs', async () => {
  const requests = hostileRequests(seedOf('TEST_HOSTILE_SEED'), MORE);
  const answers = await survives(requests);
  const failed = requests.flatMap((one, at) =>
    /^([23]\d\d|4\d\d|closed)( |$)/.test(answers[at] ?? '') ? [] : [{ ...one, now: answers[at] }],
  );
  expect(failed).toEqual([]);
}, 240_000);
