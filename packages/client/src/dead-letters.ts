import type {
  DeadLetter,
  DeadLetterDeletionCounts,
  DeadLetterReplayCounts,
  DeadLetterReplayed,
  DeadLetterSummary,
} from './api-types.ts';
import { addQuery, texts } from './pages.ts';
import { answerOf, get, hasNumbers, isRecord, type ReadOptions } from './reads.ts';
import type { Transport } from './transport.ts';

export interface DeadLetterFilter {
  /** SQLSTATE of the refusal. */
  readonly code?: string | undefined;
  readonly batch_id?: string | undefined;
  /** Buried at this time or later. */
  readonly since?: string | Date | undefined;
  /** Buried before this time. */
  readonly until?: string | Date | undefined;
}

export interface DeadLettersQuery extends DeadLetterFilter {
  readonly state?: 'open' | 'replayed' | undefined;
  /** Most letters in all. Default: all. */
  readonly limit?: number | undefined;
  readonly pageSize?: number | undefined;
}

/** Which letters: those of a filter, or in its place `all`. One of both is required. */
export interface DeadLetterSelection extends DeadLetterFilter {
  readonly all?: true | undefined;
  /** Most letters of one call, the oldest first. Default 100, at most 1,000. */
  readonly limit?: number | undefined;
}

export interface DeadLetterReplayQuery extends DeadLetterSelection {
  /** From the answer before: goes on behind the letters that it looked at. */
  readonly cursor?: string | undefined;
}

export interface DeadLetterDeletionQuery extends DeadLetterSelection {
  readonly state?: 'open' | 'replayed' | undefined;
}

/** Letters, newest first. */
export async function* deadLetters(
  transport: Transport,
  { limit, pageSize, ...query }: DeadLettersQuery,
  options: ReadOptions,
): AsyncGenerator<DeadLetterSummary, void, undefined> {
  const elements = texts(transport, { path: 'dead-letters', query: { ...query }, limit, pageSize }, options);
  for await (const text of elements) yield JSON.parse(text) as DeadLetterSummary;
}

/** A letter with its original. */
export function deadLetter(transport: Transport, id: string, options: ReadOptions): Promise<DeadLetter> {
  return get(transport, { path: `dead-letters/${encodeURIComponent(id)}`, read: readLetter }, options);
}

/** Publishes a letter again. Its answer is the same however often it is asked. */
export async function replayDeadLetter(
  transport: Transport,
  id: string,
  options: ReadOptions,
): Promise<DeadLetterReplayed> {
  const path = `dead-letters/${encodeURIComponent(id)}/replay`;
  const init = { method: 'POST', headers: transport.headers() };
  const request = { label: `POST /${path}`, url: transport.url(path), init, read: readReplayed };
  return answerOf(await transport.send(request, options), request.label);
}

/**
 * Publishes the open letters of a selection again, a bounded number in a call: call again with the cursor while the answer has
 * one. Where an answer was lost and the request repeated, the letters are replayed once, but not counted.
 */
export async function replayDeadLetters(
  transport: Transport,
  query: DeadLetterReplayQuery,
  options: ReadOptions,
): Promise<DeadLetterReplayCounts> {
  const body = new TextEncoder().encode(JSON.stringify(query));
  const init = { method: 'POST', headers: transport.headers({ 'Content-Type': 'application/json' }), body };
  const url = transport.url('dead-letters/replay');
  const request = { label: 'POST /dead-letters/replay', url, init, read: readReplayCounts };
  return answerOf(await transport.send(request, options), request.label);
}

/** Deletes a letter. One that is gone after an attempt whose answer was lost has been deleted by it. */
export async function deleteDeadLetter(
  transport: Transport,
  id: string,
  options: ReadOptions,
): Promise<void> {
  const path = `dead-letters/${encodeURIComponent(id)}`;
  const init = { method: 'DELETE', headers: transport.headers() };
  const request = { label: `DELETE /${path}`, url: transport.url(path), init, read: () => true };
  const outcome = await transport.send(request, options);
  const isGone = outcome.outcome === 'rejected' && outcome.status === 404 && outcome.attempts > 1;
  if (!isGone) answerOf(outcome, request.label);
}

/** Deletes letters of a selection, a bounded number in a call: call again while some remain. */
export async function deleteDeadLetters(
  transport: Transport,
  query: DeadLetterDeletionQuery,
  options: ReadOptions,
): Promise<DeadLetterDeletionCounts> {
  const url = transport.url('dead-letters');
  addQuery(url, { ...query });
  const init = { method: 'DELETE', headers: transport.headers() };
  const request = { label: 'DELETE /dead-letters', url, init, read: readDeletionCounts };
  return answerOf(await transport.send(request, options), request.label);
}

function readLetter(answer: unknown): DeadLetter | undefined {
  return isRecord(answer) && typeof answer['id'] === 'string' ? (answer as unknown as DeadLetter) : undefined;
}

function readReplayed(answer: unknown): DeadLetterReplayed | undefined {
  const isOne = isRecord(answer) && typeof answer['replay_batch_id'] === 'string';
  return isOne ? (answer as unknown as DeadLetterReplayed) : undefined;
}

function readReplayCounts(answer: unknown): DeadLetterReplayCounts | undefined {
  const isOne = isRecord(answer) && hasNumbers(answer, ['replayed', 'refused', 'remaining']);
  return isOne ? (answer as unknown as DeadLetterReplayCounts) : undefined;
}

function readDeletionCounts(answer: unknown): DeadLetterDeletionCounts | undefined {
  const isOne = isRecord(answer) && hasNumbers(answer, ['deleted', 'remaining']);
  return isOne ? (answer as unknown as DeadLetterDeletionCounts) : undefined;
}
