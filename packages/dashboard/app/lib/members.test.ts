import type { ConsumerState } from '@oncelog/event-schema';
import { expect, it } from 'vitest';
import { updateMembers } from './members.ts';

const state = (name: string, startedAt: string | null = 'A'): ConsumerState => ({
  name,
  shard: 0,
  state: 'idle',
  pending_entries: 0,
  idle_seconds: 0,
  started_at: startedAt,
  version: '0.1.0',
});

it('lists by shard and by number', () => {
  const members = updateMembers(
    [],
    [{ ...state('a'), shard: 1 }, state('consumer-10'), state('consumer-2')],
    0,
  );
  expect(members.map(({ name }) => name)).toEqual(['consumer-2', 'consumer-10', 'a']);
});

it('shows one that has left for half a minute', () => {
  const before = updateMembers([], [state('a'), state('b')], 0);
  const left = updateMembers(before, [state('b')], 1_000);
  const later = updateMembers(left, [state('b')], 30_999);
  expect(left.map(({ name, state: is }) => [name, is])).toEqual([
    ['a', 'gone'],
    ['b', 'idle'],
  ]);
  expect(later).toEqual(left);
  expect(updateMembers(later, [state('b')], 31_000).map(({ name }) => name)).toEqual(['b']);
});

it('knows a new life from the one before', () => {
  const first = updateMembers([], [state('a', 'A')], 0);
  const again = updateMembers(updateMembers(first, [], 1_000), [state('a', 'B')], 2_000);
  const on = updateMembers(again, [state('a', 'B')], 3_000);
  expect([first, again, on].map(([member]) => [member?.state, member?.restarted])).toEqual([
    ['idle', false],
    ['idle', true],
    ['idle', true],
  ]);
});

it('takes the first word of when it started for no new life', () => {
  const [member] = updateMembers(updateMembers([], [state('a', null)], 0), [state('a', 'A')], 1_000);
  expect(member?.restarted).toBe(false);
});
