import type { Client, DefaultName } from '@oncelog/client';

/** What became of the batches that are applied. */
export interface Receipts {
  received: number;
  unique_processed: number;
  duplicate_dropped: number;
  dead_lettered: number;
  /** Batches that are not applied yet. */
  outstanding: number;
}

export interface ReceiptsDeps {
  readonly client: Pick<Client<DefaultName>, 'batches'>;
  readonly pause: () => Promise<void>;
  readonly monotonicMs: () => number;
  readonly onProgress: (outstanding: number) => void;
}

/** How many batches are asked for at a time. */
const AT_A_TIME = 100;

export interface ReceiptsConfig {
  /** Longest wait without any progress. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until all of the batches are applied, and adds up their receipts; those that are not applied in time are
 * `outstanding`.
 */
export async function awaitReceipts(
  { client, pause, onProgress, monotonicMs }: ReceiptsDeps,
  batchIds: Iterable<string>,
  { seconds, signal }: ReceiptsConfig,
): Promise<Receipts> {
  const outstanding = new Set(batchIds);
  let progressMs = monotonicMs();
  const sum: Receipts = {
    received: 0,
    unique_processed: 0,
    duplicate_dropped: 0,
    dead_lettered: 0,
    outstanding: 0,
  };
  while (outstanding.size > 0) {
    const before = outstanding.size;
    // the oldest first: where these are not applied, the others are not either
    const asked = firstOf(outstanding, AT_A_TIME);
    for (const receipt of await client.batches(asked, { signal })) {
      if (!outstanding.delete(receipt.batch_id)) continue;
      sum.received += receipt.received;
      sum.unique_processed += receipt.unique_processed;
      sum.duplicate_dropped += receipt.duplicate_dropped;
      sum.dead_lettered += receipt.dead_lettered;
    }
    onProgress(outstanding.size);
    if (outstanding.size < before) progressMs = monotonicMs();
    else if (monotonicMs() - progressMs > seconds * 1000) break;
    else await pause();
  }
  return { ...sum, outstanding: outstanding.size };
}

function firstOf<T>(values: Iterable<T>, most: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    if (first.length === most) break;
    first.push(value);
  }
  return first;
}
