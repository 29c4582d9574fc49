import type { ProblemDetails, Violation } from './api-types.ts';
import { DeliveryError, type Kept, PublishRejectedError, type RefusalOutcome } from './errors.ts';

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
  readonly outcome: RefusalOutcome;
}

/** Why a piece could not be delivered. */
export interface Loss {
  readonly outcome: 'unknown' | 'not-sent';
  readonly limit: string;
  readonly cause: unknown;
}

export interface CallOptions {
  /** In milliseconds of the monotonic clock. */
  readonly enqueuedAt: number;
  readonly deadlineAt: number;
  readonly onFinal: (call: Call) => void;
}

/** A call of `publish` until all of its events are final. There are as many as events, so that it holds little. */
export class Call {
  readonly promise: Promise<Published>;
  readonly enqueuedAt: number;
  readonly deadlineAt: number;
  readonly #onFinal: CallOptions['onFinal'];
  #resolve!: (published: Published) => void;
  #reject!: (error: unknown) => void;
  #isFinal = false;
  #left: number;
  #queued = 0;
  #batchIds: readonly string[] = [];
  #failures: Failures | undefined;

  /** @param events how many the call has */
  constructor(events: number, { enqueuedAt, deadlineAt, onFinal }: CallOptions) {
    this.#left = events;
    this.enqueuedAt = enqueuedAt;
    this.deadlineAt = deadlineAt;
    this.#onFinal = onFinal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isFinal(): boolean {
    return this.#isFinal;
  }

  stored(piece: Piece, batchId: string): void {
    this.#queued += piece.events.length;
    this.#batchIds = this.#batchIds.length === 0 ? [batchId] : [...new Set([...this.#batchIds, batchId])];
    this.#settled(piece);
  }

  refused(piece: Piece, refusal: Refusal): void {
    this.#failures ??= { refusals: [], losses: [] };
    this.#failures.refusals.push(refusal);
    this.#settled(piece);
  }

  lost(piece: Piece, loss: Loss): void {
    this.#failures ??= { refusals: [], losses: [] };
    this.#failures.losses.push({ loss, piece });
    this.#settled(piece);
  }

  /** The caller waits no longer. */
  abandon(reason: unknown): void {
    if (this.#finish()) this.#reject(reason);
  }

  #settled(piece: Piece): void {
    this.#left -= piece.events.length;
    if (this.#left > 0 || !this.#finish()) return;
    const kept: Kept = { queued: this.#queued, batchIds: this.#batchIds };
    if (this.#failures === undefined) this.#resolve(kept);
    else this.#reject(errorOf(this.#failures, kept));
  }

  #finish(): boolean {
    if (this.#isFinal) return false;
    this.#isFinal = true;
    this.#onFinal(this);
    return true;
  }
}

interface Failures {
  readonly refusals: Refusal[];
  readonly losses: { readonly loss: Loss; readonly piece: Piece }[];
}

/** Events that may still be published come before those that never will be: the error has them. */
function errorOf({ refusals, losses }: Failures, kept: Kept): Error {
  const lost = losses[0];
  if (lost !== undefined) {
    const outcome = losses.some(({ loss }) => loss.outcome === 'unknown') ? 'unknown' : 'not-sent';
    const texts = losses.flatMap(({ piece }) => piece.events);
    return new DeliveryError({ ...lost.loss, outcome, texts }, kept);
  }
  const outcome = refusals.some((refusal) => refusal.outcome === 'unknown') ? 'unknown' : 'not-stored';
  const { status } = refusals[0] as Refusal;
  return new PublishRejectedError('POST /publish', { status, problem: together(refusals), outcome }, kept);
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
