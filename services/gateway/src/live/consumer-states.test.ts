import { expect, it } from 'vitest';
import { consumerStates } from './consumer-states.ts';

const MEMBER = {
  name: 'consumer-1',
  shard: 0,
  pending: 0,
  idleMs: 400,
  startedAt: undefined,
  version: undefined,
  appliedAgoMs: undefined,
};

it.each([
  ['idle', {}],
  ['idle', { appliedAgoMs: 5_001 }],
  ['active', { appliedAgoMs: 5_000 }],
  ['active', { pending: 1, idleMs: 10_000 }],
  ['silent', { pending: 1, idleMs: 10_001, appliedAgoMs: 0 }],
] as const)('is %s: %j', (state, fields) => {
  expect(consumerStates([{ ...MEMBER, ...fields }])).toMatchObject([{ state }]);
});

it('gives what is known, and null for the rest, in order of names as people count', () => {
  const known = { startedAt: '2026-01-01T00:00:00.000Z', version: '0.1.0', shard: 1 };
  const members = [{ ...MEMBER, name: 'consumer-10' }, { ...MEMBER, ...known }, MEMBER];
  expect(consumerStates(members)).toEqual([
    {
      name: 'consumer-1',
      shard: 0,
      state: 'idle',
      pending_entries: 0,
      idle_seconds: 0.4,
      started_at: null,
      version: null,
    },
    expect.objectContaining({
      name: 'consumer-1',
      shard: 1,
      started_at: known.startedAt,
      version: known.version,
    }),
    expect.objectContaining({ name: 'consumer-10' }),
  ]);
});
