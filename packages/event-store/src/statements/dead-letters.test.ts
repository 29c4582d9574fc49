import { randomUUID } from 'node:crypto';
import { testPostgresUrl } from '@oncelog/local-stack/testing';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, storeBatch, type TestDatabase } from '../testing/index.ts';
import { applyBatches, type DeadEvent } from './apply-batches.ts';
import { countDeadLetters } from './count-dead-letters.ts';
import { countOpenDeadLetters } from './count-open-dead-letters.ts';
import type { DeadLetterFilter } from './dead-letter-filter.ts';
import { deleteDeadLetters } from './delete-dead-letters.ts';
import { findDeadLetter } from './find-dead-letter.ts';
import { findOpenDeadLetters } from './find-open-dead-letters.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { markReplayed } from './mark-replayed.ts';
import { readStats } from './read-stats.ts';

const test: TestDatabase = await createTestDatabase(testPostgresUrl());
const { database } = test;
afterAll(() => test.drop());

const first = randomUUID();
const second = randomUUID();
const dead = (position: number, fields: Partial<DeadEvent> = {}): DeadEvent => ({
  position,
  events: 1,
  code: '22P02',
  reason: 'bad',
  original: Buffer.from(`original ${position}`),
  ...fields,
});

beforeEach(async () => {
  await test.sql`TRUNCATE applied_batches, event_stats, stream_accounts`;
  await test.sql`TRUNCATE dead_letters RESTART IDENTITY`;
  const letters = [dead(0), dead(1), dead(2, { code: '23514' })];
  await applyBatches(database, [storeBatch([], { batchId: first, dead: letters })], { shard: 0, stripe: 0 });
  await test.sql`UPDATE dead_letters SET created_at = '2026-01-01T00:00:00Z'`;
  const full = { bytes: 50_000_000, sha256: Buffer.alloc(32, 7) };
  const cut = dead(0, { original: Buffer.from([0, 255, 1, 2]), full });
  await applyBatches(database, [storeBatch([], { batchId: second, dead: [cut] })], { shard: 0, stripe: 0 });
});

const ids = async (filter: DeadLetterFilter, limit = 10) =>
  (await listDeadLetters(database, filter, { limit, previewBytes: 3 })).map(({ id }) => id);

it('lists the newest first, with the beginnings of their originals', async () => {
  const letters = await listDeadLetters(database, {}, { limit: 2, previewBytes: 3 });
  expect(letters).toEqual([
    expect.objectContaining({ id: '4', original_bytes: 50_000_000, preview: Buffer.from([0, 255, 1]) }),
    {
      id: '3',
      batch_id: first,
      entry_id: '1-0',
      position: 2,
      events: 1,
      code: '23514',
      reason: 'bad',
      original_bytes: 10,
      created_at: '2026-01-01T00:00:00+00:00',
      replayed_at: null,
      replay_batch_id: null,
      preview: Buffer.from('ori'),
    },
  ]);
});

it('filters by each of the fields, and by several', async () => {
  await markReplayed(database, { id: '1', batchId: randomUUID() });
  expect(await ids({ id: '2' })).toEqual(['2']);
  expect(await ids({ code: '22P02' })).toEqual(['4', '2', '1']);
  expect(await ids({ batchId: second })).toEqual(['4']);
  expect(await ids({ since: '2026-01-01T00:00:01Z' })).toEqual(['4']);
  expect(await ids({ since: '2026-01-01T00:00:00Z', until: '2026-01-01T02:00:01+02:00' })).toEqual([
    '3',
    '2',
    '1',
  ]);
  expect(await ids({ until: '2026-01-01T00:00:00Z' })).toEqual([]);
  expect(await ids({ state: 'open' })).toEqual(['4', '3', '2']);
  expect(await ids({ state: 'replayed' })).toEqual(['1']);
  expect(await ids({ beforeId: '4', afterId: '1' })).toEqual(['3', '2']);
  expect(await ids({ code: '22P02', batchId: first, state: 'open' })).toEqual(['2']);
  expect(await findOpenDeadLetters(database, { code: '22P02' }, 10)).toEqual(['2', '4']);
  expect(await findOpenDeadLetters(database, { afterId: '2' }, 1)).toEqual(['3']);
  expect(await countDeadLetters(database, { code: '22P02', state: 'open' })).toBe(2);
});

it('counts the open ones, up to a number', async () => {
  await markReplayed(database, { id: '1', batchId: randomUUID() });
  expect(await countOpenDeadLetters(database, 100)).toBe(3);
  expect(await countOpenDeadLetters(database, 2)).toBe(2);
});

it('finds a letter with its original', async () => {
  expect(await findDeadLetter(database, '1')).toMatchObject({
    original: Buffer.from('original 0'),
    full_sha256: null,
  });
  expect(await findDeadLetter(database, '4')).toMatchObject({
    original: Buffer.from([0, 255, 1, 2]),
    original_bytes: 50_000_000,
    full_sha256: '07'.repeat(32),
  });
  const whole = { beginnings: false };
  expect(await findDeadLetter(database, '1', whole)).toMatchObject({ original: Buffer.from('original 0') });
  expect(await findDeadLetter(database, '4', whole)).toMatchObject({
    original: Buffer.alloc(0),
    full_sha256: '07'.repeat(32),
  });
  expect(await findDeadLetter(database, '9223372036854775807')).toBeUndefined();
});

it('keeps what the first replay said', async () => {
  const batchId = randomUUID();
  const at = await markReplayed(database, { id: '1', batchId });
  expect(await markReplayed(database, { id: '1', batchId: randomUUID() })).toBe(at);
  expect(await findDeadLetter(database, '1')).toMatchObject({ replay_batch_id: batchId, replayed_at: at });
  expect(await markReplayed(database, { id: '77', batchId })).toBeUndefined();
});

it('deletes the oldest of a filter, within the limit, and leaves the counters', async () => {
  expect(await deleteDeadLetters(database, { code: '22P02' }, 2)).toBe(2);
  expect(await ids({})).toEqual(['4', '3']);
  expect(await deleteDeadLetters(database, {}, 10)).toBe(2);
  expect(await deleteDeadLetters(database, {}, 10)).toBe(0);
  expect(await readStats(database)).toMatchObject([{ topic: '', dead_lettered: 4 }]);
});

it('does not deadlock when the same letters are deleted side by side', async () => {
  const deleted = await Promise.all([1, 2, 3, 4].map(() => deleteDeadLetters(database, {}, 10)));
  expect(deleted.reduce((sum, n) => sum + n)).toBe(4);
});
