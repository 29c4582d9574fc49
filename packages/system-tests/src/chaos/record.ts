import type { BatchName } from './workload.ts';

/** A batch, and what its publisher knows of it. */
export interface SentBatch extends BatchName {
  readonly events: number;
  /** The batch ID in the gateway's answer; undefined as long as nobody has seen one. */
  batchId?: string;
}

/** What was sent and what was acknowledged: all that the publishers know, and nothing from the system itself. */
export interface ChaosRecord {
  readonly batches: readonly SentBatch[];
  readonly acknowledgedEvents: () => number;
  /** How often a request had to be sent again. */
  readonly retries: () => number;
  /** What no client should ever see: a rejection, an answer that contradicts the one before. */
  readonly contradictions: readonly string[];
  readonly send: (batch: BatchName & { readonly events: number }) => SentBatch;
  readonly acknowledge: (batch: SentBatch, answer: { batchId: string; queued: number }) => void;
  readonly retried: () => void;
  readonly contradict: (message: string) => void;
}

export function createRecord(): ChaosRecord {
  const batches: SentBatch[] = [];
  const contradictions: string[] = [];
  let acknowledged = 0;
  let retries = 0;
  return {
    batches,
    contradictions,
    acknowledgedEvents: () => acknowledged,
    retries: () => retries,
    send(batch) {
      const sent: SentBatch = { ...batch };
      batches.push(sent);
      return sent;
    },
    acknowledge(batch, { batchId, queued }) {
      const name = `batch ${batch.publisher}/${batch.number}`;
      if (queued !== batch.events)
        contradictions.push(`${name} has ${batch.events} events, queued ${queued}`);
      if (batch.batchId === undefined) {
        batch.batchId = batchId;
        acknowledged += batch.events;
      } else if (batch.batchId !== batchId) {
        contradictions.push(`${name} was acknowledged as ${batch.batchId}, and again as ${batchId}`);
      }
    },
    retried() {
      retries += 1;
    },
    contradict: (message) => contradictions.push(message),
  };
}
