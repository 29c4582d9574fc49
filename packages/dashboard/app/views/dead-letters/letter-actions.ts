import type {
  BatchReceipt,
  DeadLetterDeletionCounts,
  DeadLetterReplayCounts,
  DeadLetterReplayed,
  DeadLetterSummary,
} from '@oncelog/event-schema';
import { ApiProblem, ask, askJson } from '../../data/api.ts';
import { type LetterFilter, letterQuery } from './letter-list.ts';

const POLL_MS = 400;
/** A batch that is not applied by then waits in a backlog: there is no use in watching. */
const WATCH_MS = 30_000;
/** Batches that one request asks for. */
const RECEIPTS = 100;
/** Letters of one call: each holds its original in the gateway's memory. */
const LETTERS = 100;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes a letter again. */
export const replayLetter = (id: string): Promise<DeadLetterReplayed> =>
  askJson<DeadLetterReplayed>(`dead-letters/${id}/replay`, { method: 'POST' });

/** What became of a batch; undefined while it waits. */
async function receiptOf(batchId: string): Promise<BatchReceipt | undefined> {
  return (await askJson<BatchReceipt[]>(`batches?batch_id=${batchId}`))[0];
}

/** Waits for a batch to be applied, within reason; undefined where it still waits then. */
export async function watchBatch(batchId: string, signal: AbortSignal): Promise<BatchReceipt | undefined> {
  const until = performance.now() + WATCH_MS;
  while (!signal.aborted) {
    const receipt = await receiptOf(batchId);
    if (receipt !== undefined || performance.now() > until) return receipt;
    await wait(POLL_MS);
  }
  return undefined;
}

export interface BulkReplay {
  readonly replayed: number;
  readonly refused: number;
  readonly remaining: number;
}

/** Publishes all open letters of a code, or all, a call at a time, and tells of each. */
export async function replayAll(
  code: string,
  { progress, signal }: { readonly progress: (counts: BulkReplay) => void; readonly signal: AbortSignal },
): Promise<BulkReplay> {
  const filter = code === '' ? { all: true } : { code };
  let done: BulkReplay = { replayed: 0, refused: 0, remaining: 0 };
  let cursor: string | undefined;
  do {
    const body = { ...filter, limit: LETTERS, ...(cursor === undefined ? {} : { cursor }) };
    const counts = await askJson<DeadLetterReplayCounts>('dead-letters/replay', {
      method: 'POST',
      body,
      timeoutMs: 120_000,
    });
    done = {
      replayed: done.replayed + counts.replayed,
      refused: done.refused + counts.refused,
      remaining: counts.remaining,
    };
    progress(done);
    cursor = counts.cursor;
  } while (cursor !== undefined && !signal.aborted);
  return done;
}

export interface Outcome {
  readonly unique: number;
  readonly duplicate: number;
  readonly dead: number;
  /** Batches that are not applied yet. */
  readonly waiting: number;
}

/** What became of the letters that were replayed since a moment, of the newest thousand at most. */
export async function outcomeSince(since: Date, signal: AbortSignal): Promise<Outcome> {
  const letters = await askJson<DeadLetterSummary[]>('dead-letters?state=replayed&limit=1000');
  const batches = letters.flatMap(({ replayed_at, replay_batch_id }) =>
    replayed_at !== null && replay_batch_id !== null && new Date(replayed_at) >= since
      ? [replay_batch_id]
      : [],
  );
  const until = performance.now() + WATCH_MS;
  for (;;) {
    const receipts = await receiptsOf(batches);
    const waiting = batches.length - receipts.length;
    if (waiting === 0 || signal.aborted || performance.now() > until) return { ...sumOf(receipts), waiting };
    await wait(POLL_MS);
  }
}

async function receiptsOf(batches: readonly string[]): Promise<BatchReceipt[]> {
  const receipts: BatchReceipt[] = [];
  for (let at = 0; at < batches.length; at += RECEIPTS) {
    const query = batches.slice(at, at + RECEIPTS).map((id) => `batch_id=${id}`);
    receipts.push(...(await askJson<BatchReceipt[]>(`batches?${query.join('&')}`)));
  }
  return receipts;
}

function sumOf(receipts: readonly BatchReceipt[]): Omit<Outcome, 'waiting'> {
  const sum = (of: (receipt: BatchReceipt) => number): number =>
    receipts.reduce((total, receipt) => total + of(receipt), 0);
  return {
    unique: sum((receipt) => receipt.unique_processed),
    duplicate: sum((receipt) => receipt.duplicate_dropped),
    dead: sum((receipt) => receipt.dead_lettered),
  };
}

/** Deletes a letter. One that is gone already is as good. */
export async function deleteLetter(id: string): Promise<void> {
  try {
    await ask(`dead-letters/${id}`, { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) throw error;
  }
}

/** Deletes all letters of a filter, a call at a time; resolves to how many those were. */
export async function deleteAll(
  filter: LetterFilter,
  { progress, signal }: { readonly progress: (deleted: number) => void; readonly signal: AbortSignal },
): Promise<number> {
  const query = letterQuery(filter);
  // a filter that somebody forgot does not mean everything: the gateway wants it said
  if (query.size === 0) query.set('all', 'true');
  query.set('limit', '1000');
  let deleted = 0;
  for (;;) {
    const counts = await askJson<DeadLetterDeletionCounts>(`dead-letters?${query}`, {
      method: 'DELETE',
      timeoutMs: 60_000,
    });
    deleted += counts.deleted;
    progress(deleted);
    if (counts.remaining === 0 || counts.deleted === 0 || signal.aborted) return deleted;
  }
}
