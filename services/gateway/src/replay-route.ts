import {
  type DeadLetterReplay,
  type DeadLetterReplayCounts,
  type DeadLetterReplayed,
  parseDeadLetterReplay,
} from '@oncelog/event-schema';
import { countDeadLetters, type Database, findOpenDeadLetters, listDeadLetters } from '@oncelog/event-store';
import type { RequestHandler } from 'express';
import { principalOf } from './auth/principal.ts';
import { deadLetterIdOf, noSuchLetter } from './dead-letter-id.ts';
import { Problem } from './problem.ts';
import { type ReplayConfig, type ReplayDeps, replayLetter } from './replay.ts';
import { decodeReplayCursor, encodeReplayCursor, type ReplayCursor } from './replay-cursor.ts';
import { traceparentOf } from './request-trace.ts';
import { query } from './store.ts';

/** Letters that are replayed side by side. Each holds its original in memory, up to 16 MiB. */
const SIDE_BY_SIDE = 8;

/** `POST /dead-letters/{id}/replay`: 202 when it is in the stream, now or since an earlier call. */
export function replayLetterRoute(deps: ReplayDeps, config: ReplayConfig): RequestHandler {
  return async (request, response) => {
    const id = deadLetterIdOf(request);
    const keyId = principalOf(response)?.keyId;
    const replay = await replayLetter(deps, config, { id, traceparent: traceparentOf(response), keyId });
    switch (replay.outcome) {
      case 'missing':
        throw noSuchLetter();
      case 'refused':
        throw new Problem('not-replayable', { detail: replay.detail, errors: replay.violations });
      case 'replayed': {
        const { batchId, replayedAt } = replay;
        const answer = { status: 'accepted', id, replay_batch_id: batchId, replayed_at: replayedAt } as const;
        response.status(202).json(answer satisfies DeadLetterReplayed);
      }
    }
  };
}

/** `POST /dead-letters/replay`: the oldest open letters of a filter, a bounded number in a call. */
export function replayLettersRoute(deps: ReplayDeps, config: ReplayConfig): RequestHandler {
  const { database } = deps;
  return async (request, response) => {
    const { code, batch_id: batchId, since, until, limit, cursor } = requested(request.body as Buffer);
    const place = cursor === undefined ? await wholeRange(database) : placeOf(cursor);
    const filter = { code, batchId, since, until, state: 'open', ...place } as const;
    const ids = await query(database, (db) => findOpenDeadLetters(db, filter, limit));
    const traceparent = traceparentOf(response);
    const keyId = principalOf(response)?.keyId;
    const counts = { replayed: 0, refused: 0, missing: 0 };
    for (let at = 0; at < ids.length; at += SIDE_BY_SIDE) {
      const helping = ids.slice(at, at + SIDE_BY_SIDE);
      const replays = await Promise.all(
        helping.map((id) => replayLetter(deps, config, { id, traceparent, keyId })),
      );
      for (const { outcome } of replays) counts[outcome] += 1;
    }
    const afterId = ids.at(-1) ?? place.afterId;
    const remaining = await query(database, (db) => countDeadLetters(db, { ...filter, afterId }));
    const answer: DeadLetterReplayCounts = {
      replayed: counts.replayed,
      refused: counts.refused,
      remaining,
      ...(remaining === 0 ? {} : { cursor: encodeReplayCursor({ ...place, afterId }) }),
    };
    response.json(answer);
  };
}

/** @throws {Problem} 400 or 422 */
function requested(body: Buffer): DeadLetterReplay {
  const parsed = parseDeadLetterReplay(body);
  switch (parsed.outcome) {
    case 'valid':
      return parsed.query;
    case 'malformed':
      throw new Problem('malformed-json', { detail: parsed.detail });
    case 'invalid':
      throw new Problem('invalid-filter', {
        detail: 'See errors for each field.',
        errors: parsed.violations,
      });
  }
}

async function wholeRange(database: Database): Promise<ReplayCursor> {
  const size = { limit: 1, previewBytes: 0 };
  const [newest] = await query(database, (db) => listDeadLetters(db, {}, size));
  return { afterId: '0', beforeId: String(BigInt(newest?.id ?? 0) + 1n) };
}

function placeOf(cursor: string): ReplayCursor {
  const place = decodeReplayCursor(cursor);
  if (place !== undefined) return place;
  const violation = {
    pointer: '/cursor',
    rule: 'cursor',
    detail: 'It must be a cursor from the answer before.',
  };
  throw new Problem('invalid-filter', { detail: 'See errors for each field.', errors: [violation] });
}
