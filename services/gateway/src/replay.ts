import { type ParsedPublishRequest, parsePublishRequest, type Violation } from '@oncelog/event-schema';
import { type Database, findDeadLetter, markReplayed, type WholeDeadLetter } from '@oncelog/event-store';
import { digestUuid, type FailPoint, type Logger, traceFields } from '@oncelog/service-kit';
import { type AppendDeps, appendBatch } from './append.ts';
import type { GatewayMetrics } from './metrics.ts';
import { query } from './store.ts';

export interface ReplayDeps extends AppendDeps {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
  readonly failPoint: FailPoint;
  readonly now: () => Date;
}

export interface LetterToReplay {
  readonly id: string;
  /** Of the request that asks for it. */
  readonly traceparent: string | undefined;
  /** Of the key that it came with. */
  readonly keyId?: string | undefined;
}

export interface ReplayConfig {
  readonly maxEventsPerBatch: number;
}

export type ReplayOutcome =
  | { readonly outcome: 'replayed'; readonly batchId: string; readonly replayedAt: string }
  /** It still breaks the rules of `POST /publish`. The letter stays open. */
  | { readonly outcome: 'refused'; readonly detail: string; readonly violations: readonly Violation[] }
  | { readonly outcome: 'missing' };

/**
 * Publishes a dead letter again: validates, appends, and only then marks the letter.
 *
 *   open ──append──▶ in the stream, but open ──mark──▶ replayed
 *    ▲                        │
 *    └── killed here, or the outcome unknown: the next replay appends the same batch ID, which counts once
 *
 * A letter that was replayed is not published anew. The event is a newly accepted one; if it is refused once more,
 * that makes another letter.
 *
 * @throws {Problem} 503
 */
export async function replayLetter(
  deps: ReplayDeps,
  config: ReplayConfig,
  { id, traceparent, keyId }: LetterToReplay,
): Promise<ReplayOutcome> {
  const { database, log, metrics } = deps;
  // what is not whole is not replayed
  const letter = await query(database, (db) => findDeadLetter(db, id, { beginnings: false }));
  if (letter === undefined) return { outcome: 'missing' };
  const { replay_batch_id: batchBefore, replayed_at: replayedBefore } = letter;
  if (batchBefore !== null && replayedBefore !== null) {
    return { outcome: 'replayed', batchId: batchBefore, replayedAt: replayedBefore };
  }
  const body = bodyOf(letter);
  const parsed = parsePublishRequest(body, { maxEvents: config.maxEventsPerBatch });
  if (letter.full_sha256 !== null || parsed.outcome !== 'valid') {
    metrics.replays.inc({ outcome: 'refused' });
    return { outcome: 'refused', ...reasonOf(letter, parsed) };
  }
  const batchId = replayBatchId(letter);
  const events = parsed.request.events.length;
  const traceparents = traceparent === undefined ? undefined : [traceparent];
  await appendBatch(deps, { batchId, events, body, traceparents });
  await deps.failPoint('after-append');
  metrics.acceptedEvents.inc(events);
  metrics.replays.inc({ outcome: 'replayed' });
  log.info({ deadLetterId: id, batchId, events, keyId, ...traceFields(traceparent) }, 'dead letter replayed');
  const replayedAt = await query(database, (db) => markReplayed(db, { id, batchId }));
  // undefined where it was deleted meanwhile: published it is all the same
  return { outcome: 'replayed', batchId, replayedAt: replayedAt ?? deps.now().toISOString() };
}

/** An event becomes a batch of its own; a whole entry is published as the request that it was. */
function bodyOf({ position, original }: WholeDeadLetter): Buffer {
  if (position === null) return original;
  return Buffer.concat([Buffer.from('{"events":['), original, Buffer.from(']}')]);
}

/** By what the letter is of, not by its ID: that begins anew in a database that was made anew. */
function replayBatchId({ batch_id: batchId, position }: WholeDeadLetter): string {
  return digestUuid('oncelog dead letter replay', batchId, String(position));
}

function reasonOf(
  { full_sha256: sha256, position }: WholeDeadLetter,
  parsed: ParsedPublishRequest,
): { detail: string; violations: readonly Violation[] } {
  if (sha256 !== null) return { detail: 'Only the beginning of the original is kept.', violations: [] };
  if (parsed.outcome === 'malformed') return { detail: parsed.detail, violations: [] };
  const what = position === null ? 'The entry is no request' : 'The event breaks the rules';
  return {
    detail: `${what} that POST /publish would take.`,
    violations: parsed.outcome === 'invalid' ? parsed.violations : [],
  };
}
