import type { ProblemDetails, Violation } from './api-types.ts';
import { DeliveryError, type Kept, PublishRejectedError } from './errors.ts';

/** What a call of `publish` came to: all of its events are durable. */
export interface Published {
  /** How many events. */
  readonly queued: number;
  /** The batches that they went with, for `batches()`. Each may hold events of other calls as well. */
  readonly batchIds: readonly string[];
}

/** Consecutive events of one call that go out together: durable together, or not at all. */
export interface Piece {
  readonly call: Call;
  /** Index in the call of the first of them. */
  readonly firstIndex: number;
  /** Each a JSON text. */
  readonly events: readonly Uint8Array[];
  /** Of all events. */
  readonly bytes: number;
}

export interface Refusal {
  readonly status: number;
  readonly problem: ProblemDetails | undefined;
}

/** Why a piece could not be delivered. */
export interface Loss {
  readonly outcome: 'unknown' | 'not-sent';
  readonly limit: string;
  readonly cause: unknown;
}

/** A call of `publish` until all of its events are final. */
export interface Call {
  readonly promise: Promise<Published>;
  /** Resolves, never rejects, when the call is final: waiting for it does not count as looking at an error. */
  readonly ended: Promise<void>;
  /** In milliseconds of the monotonic clock. */
  readonly enqueuedAt: number;
  readonly deadlineAt: number;
  readonly isFinal: () => boolean;
  stored(piece: Piece, batchId: string): void;
  refused(piece: Piece, refusal: Refusal): void;
  lost(piece: Piece, loss: Loss): void;
  /** The caller waits no longer. */
  abandon(reason: unknown): void;
}

/** @param events how many the call has */
export function createCall(
  events: number,
  { enqueuedAt, deadlineAt }: { enqueuedAt: number; deadlineAt: number },
): Call {
  const { promise, settle } = openPromise();
  const { promise: ended, settle: end } = openPromise<void>();
  const batchIds = new Set<string>();
  const refusals: Refusal[] = [];
  const losses: { readonly loss: Loss; readonly piece: Piece }[] = [];
  let left = events;
  let queued = 0;
  let final = false;

  const finish = (outcome: Outcome<Published>): void => {
    if (final) return;
    final = true;
    settle(outcome);
    end({ value: undefined });
  };
  const settled = (piece: Piece): void => {
    left -= piece.events.length;
    if (left > 0) return;
    const kept: Kept = { queued, batchIds: [...batchIds] };
    const error = errorOf({ refusals, losses }, kept);
    finish(error === undefined ? { value: kept } : { error });
  };

  return {
    promise,
    ended,
    enqueuedAt,
    deadlineAt,
    isFinal: () => final,
    stored(piece, batchId) {
      queued += piece.events.length;
      batchIds.add(batchId);
      settled(piece);
    },
    refused(piece, refusal) {
      refusals.push(refusal);
      settled(piece);
    },
    lost(piece, loss) {
      losses.push({ loss, piece });
      settled(piece);
    },
    abandon: (error) => finish({ error }),
  };
}

interface Failures {
  readonly refusals: readonly Refusal[];
  readonly losses: readonly { readonly loss: Loss; readonly piece: Piece }[];
}

/** Events that may still be published come before those that never will be: the error has them. */
function errorOf({ refusals, losses }: Failures, kept: Kept): Error | undefined {
  const lost = losses[0];
  if (lost !== undefined) {
    const outcome = losses.some(({ loss }) => loss.outcome === 'unknown') ? 'unknown' : 'not-sent';
    const texts = losses.flatMap(({ piece }) => piece.events);
    return new DeliveryError({ ...lost.loss, outcome, texts }, kept);
  }
  const refused = refusals[0];
  if (refused === undefined) return undefined;
  return new PublishRejectedError('POST /publish', { ...refused, problem: together(refusals) }, kept);
}

/** As many as one problem document of the gateway lists. */
const MAX_VIOLATIONS = 100;

/** One document for a call whose events were refused with several batches. */
function together(refusals: readonly Refusal[]): ProblemDetails | undefined {
  const problem = refusals.find((refusal) => refusal.problem !== undefined)?.problem;
  const errors = refusals.flatMap((refusal): readonly Violation[] => refusal.problem?.errors ?? []);
  if (problem === undefined || errors.length === 0) return problem;
  return { ...problem, errors: errors.slice(0, MAX_VIOLATIONS) };
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** `Promise.withResolvers`, which Node.js 20 has not. */
function openPromise<T = Published>(): { promise: Promise<T>; settle: (outcome: Outcome<T>) => void } {
  let settle: (outcome: Outcome<T>) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value));
  });
  return { promise, settle };
}
