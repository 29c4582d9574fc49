import { type BatchReceipt, parseBatchesQuery } from '@oncelog/event-schema';
import { type Database, findReceipts } from '@oncelog/event-store';
import type { RequestHandler } from 'express';
import { validQuery } from './query-string.ts';
import { query } from './store.ts';

/** `GET /batches?batch_id=`: what became of batches. One that is missing from the answer is not applied yet. */
export function batchesRoute({ database }: { database: Database }): RequestHandler {
  return async (request, response) => {
    const { batch_id: ids } = validQuery(request, parseBatchesQuery);
    const receipts = await query(database, (db) => findReceipts(db, ids));
    const answer: BatchReceipt[] = receipts.map((receipt) => ({
      batch_id: receipt.batch_id,
      received: receipt.received,
      unique_processed: receipt.unique_processed,
      duplicate_dropped: receipt.received - receipt.unique_processed,
      dead_lettered: receipt.dead_lettered,
      applied_at: receipt.applied_at,
    }));
    response.json(answer);
  };
}
