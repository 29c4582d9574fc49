import { type Client, MAX_RECEIPT_IDS } from '@oncelog/client';

/** Sums over the receipts of a run's batches. */
export interface Totals {
  received: number;
  uniqueProcessed: number;
  duplicateDropped: number;
  deadLettered: number;
}

/**
 * Follows a run's batches from their acceptance to their receipts. Sums of receipts are exact also while others
 * publish to the same system, which the system's own statistics could not tell apart.
 */
export interface Accounting {
  /** A batch was accepted. */
  add(batchId: string): void;
  /**
   * Asks for the receipts of up to 100 batches, those that have waited longest first; what is not applied yet
   * goes to the back. May run several times side by side.
   */
  sweep(signal: AbortSignal): Promise<Sweep>;
  /** Batches without a receipt. */
  outstanding(): number;
  totals(): Readonly<Totals>;
  /** Batches that were accepted under an id which another outstanding batch has: only one of them can be counted. */
  repeatedIds(): number;
}

export interface Sweep {
  readonly asked: number;
  readonly applied: number;
}

export function createAccounting(client: Pick<Client, 'batches'>): Accounting {
  const waiting = new Set<string>();
  const asking = new Set<string>();
  const totals: Totals = { received: 0, uniqueProcessed: 0, duplicateDropped: 0, deadLettered: 0 };
  let repeated = 0;

  const count = async (asked: ReadonlySet<string>, signal: AbortSignal): Promise<number> => {
    let applied = 0;
    for (const receipt of await client.batches([...asked], { signal })) {
      // An id that was not asked for, or was answered twice, is none of this sweep's.
      if (!asked.has(receipt.batch_id) || !asking.delete(receipt.batch_id)) continue;
      applied++;
      totals.received += receipt.received;
      totals.uniqueProcessed += receipt.unique_processed;
      totals.duplicateDropped += receipt.duplicate_dropped;
      totals.deadLettered += receipt.dead_lettered;
    }
    return applied;
  };

  return {
    add(batchId) {
      if (waiting.has(batchId) || asking.has(batchId)) repeated++;
      else waiting.add(batchId);
    },
    async sweep(signal) {
      const asked = takeFirst(waiting, MAX_RECEIPT_IDS);
      for (const id of asked) asking.add(id);
      try {
        return { asked: asked.size, applied: await count(asked, signal) };
      } finally {
        for (const id of asked) if (asking.delete(id)) waiting.add(id);
      }
    },
    outstanding: () => waiting.size + asking.size,
    totals: () => totals,
    repeatedIds: () => repeated,
  };
}

function takeFirst(ids: Set<string>, most: number): Set<string> {
  const taken = new Set<string>();
  for (const id of ids) {
    if (taken.size === most) break;
    taken.add(id);
    ids.delete(id);
  }
  return taken;
}
