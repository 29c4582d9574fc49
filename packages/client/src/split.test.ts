import { describe, expect, test } from 'vitest';
import type { Violation } from './api-types.ts';
import type { Refusal } from './call.ts';
import { splitRefused } from './split.ts';
import { piece } from './testing/piece.ts';

const refusal = (status: number, ...errors: Violation[]): Refusal => ({
  status,
  outcome: 'not-stored',
  problem: { type: 'x', title: 'x', status, detail: 'x', request_id: 'x', code: 'x', errors },
});
const broken = (pointer: string, rule = 'timestamp'): Violation => ({ pointer, rule, detail: 'x' });

// positions in the batch: a 0, b 1 and 2 (numbers 10 and 11 of its call), c 3
const [a, b, c] = [piece(['{}']), piece(['{}', '{}'], 10), piece(['{}'])];

describe('a refusal that points at events', () => {
  test('is of those calls alone, in their own numbers', () => {
    const split = splitRefused([a, b, c], refusal(422, broken('/events/2/timestamp'), broken('/events/1')));

    expect(split.again).toEqual([[a, c]]);
    expect(split.atFault.map(({ piece: one }) => one)).toEqual([b]);
    expect(split.atFault[0]?.refusal.problem?.errors?.map(({ pointer }) => pointer)).toEqual([
      '/events/11/timestamp',
      '/events/10',
    ]);
  });

  test('holds for any status: a key may be good for some topics only', () => {
    expect(splitRefused([a, c], refusal(403, broken('/events/1/topic', 'scope')))).toMatchObject({
      again: [[a]],
      atFault: [{ piece: c }],
    });
  });

  test('on a rule that the events of a batch share, lets each be tried alone', () => {
    const shared = refusal(422, broken('/events/3/payload', 'number-expansion'), broken('/events/0/topic'));

    expect(splitRefused([a, b, c], shared)).toMatchObject({ atFault: [{ piece: a }], again: [[b], [c]] });
    expect(splitRefused([c], refusal(422, broken('/events/0/payload', 'number-expansion')))).toMatchObject({
      atFault: [{ piece: c }],
      again: [],
    });
  });

  test('and at none that is there, is like one that points at nothing', () => {
    expect(splitRefused([a, c], refusal(422, broken('/events/2'))).again).toEqual([[a], [c]]);
  });
});

describe('a refusal that points at no event', () => {
  test.each([400, 413, 422])('%i: the batch is halved until its calls are alone', (status) => {
    expect(splitRefused([a, b, c], refusal(status))).toEqual({ atFault: [], again: [[a, b], [c]] });
    expect(splitRefused([a], { status, problem: undefined, outcome: 'not-stored' })).toEqual({
      atFault: [{ piece: a, refusal: { status, problem: undefined, outcome: 'not-stored' } }],
      again: [],
    });
  });

  test.each([401, 403, 404, 415, 302])('%i: all are at fault', (status) => {
    expect(splitRefused([a, b], refusal(status))).toMatchObject({ again: [], atFault: [{}, {}] });
  });

  test('too many events: also a call is divided, and its numbers go on', () => {
    const many = piece(['1', '2', '3', '4', '5'], 7);
    const split = splitRefused([many], refusal(422, broken('/events', 'max-items')));

    expect(split.maxEvents).toBe(2);
    expect(split.again.map(([half]) => [half?.firstIndex, half?.events.length, half?.bytes])).toEqual([
      [7, 3, 3],
      [10, 2, 2],
    ]);
  });

  test('too many bytes: also a call is divided, down to one event', () => {
    expect(splitRefused([b], refusal(413)).again).toHaveLength(2);
    expect(splitRefused([c], refusal(413)).atFault).toHaveLength(1);
  });
});
