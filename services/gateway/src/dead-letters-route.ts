import { isUtf8 } from 'node:buffer';
import {
  type DeadLetter,
  type DeadLetterDeletionCounts,
  type DeadLetterSummary,
  parseDeadLetterDeletion,
  parseDeadLettersQuery,
} from '@oncelog/event-schema';
import {
  countDeadLetters,
  type Database,
  type DeadLetterPreview,
  deleteDeadLetters,
  findDeadLetter,
  listDeadLetters,
  type WholeDeadLetter,
} from '@oncelog/event-store';
import type { Logger } from '@oncelog/service-kit';
import type { RequestHandler } from 'express';
import { principalOf } from './auth/principal.ts';
import { idCursors, nextPage } from './cursor.ts';
import { deadLetterIdOf, noSuchLetter } from './dead-letter-id.ts';
import { validQuery } from './query-string.ts';
import { query } from './store.ts';

export interface DeadLettersDeps {
  readonly database: Database;
  readonly log: Logger;
}

/** An original may have megabytes: the list shows how it begins. */
const PREVIEW_BYTES = 256;

/** `GET /dead-letters`: newest first, filtered, a page at a time; the next page is in the Link header. */
export function deadLettersRoute({ database }: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const { batch_id: batchId, limit, cursor, ...rest } = validQuery(request, parseDeadLettersQuery);
    const filter = { ...rest, batchId, beforeId: idCursors.decode(cursor) };
    const size = { limit: limit + 1, previewBytes: PREVIEW_BYTES };
    const rows = await query(database, (db) => listDeadLetters(db, filter, size));
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    if (rows.length > page.length && last !== undefined)
      response.set('Link', nextPage(request, idCursors.encode(last.id)));
    response.json(page.map(summaryOf));
  };
}

/** `GET /dead-letters/{id}`: a letter with its original. */
export function deadLetterRoute({ database }: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const id = deadLetterIdOf(request);
    const letter = await query(database, (db) => findDeadLetter(db, id));
    if (letter === undefined) throw noSuchLetter();
    response.json(wholeOf(letter));
  };
}

/** `DELETE /dead-letters/{id}`. The figures do not change: they say what was ever buried. */
export function deleteDeadLetterRoute({ database, log }: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const id = deadLetterIdOf(request);
    const deleted = await query(database, (db) => deleteDeadLetters(db, { id }, 1));
    if (deleted === 0) throw noSuchLetter();
    log.info({ deadLetterId: id, keyId: principalOf(response)?.keyId }, 'dead letter deleted');
    response.status(204).end();
  };
}

/** `DELETE /dead-letters`: the oldest of a filter, a bounded number in a call. */
export function deleteDeadLettersRoute({ database, log }: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const { batch_id: batchId, limit, all, ...rest } = validQuery(request, parseDeadLetterDeletion);
    const filter = { ...rest, batchId };
    const deleted = await query(database, (db) => deleteDeadLetters(db, filter, limit));
    const keyId = principalOf(response)?.keyId;
    if (deleted > 0) log.info({ deleted, filter, all, keyId }, 'dead letters deleted');
    const remaining = await query(database, (db) => countDeadLetters(db, filter));
    response.json({ deleted, remaining } satisfies DeadLetterDeletionCounts);
  };
}

function summaryOf({ preview, ...letter }: DeadLetterPreview): DeadLetterSummary {
  return { ...letter, original_preview: preview.toString() };
}

function wholeOf({ original, full_sha256: sha256, ...letter }: WholeDeadLetter): DeadLetter {
  return {
    ...letter,
    ...(isUtf8(original)
      ? { original: original.toString() }
      : { original_base64: original.toString('base64') }),
    ...(sha256 === null ? {} : { original_sha256: sha256 }),
  };
}
