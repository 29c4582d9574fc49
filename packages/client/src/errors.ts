import type { ProblemDetails } from '@oncelog/event-schema';

/**
 * The gateway refused the request for good (a 4xx other than 408, 425 and 429, or a redirect): sending it again
 * would be refused again. `problem` is the gateway's RFC 9457 document; undefined where something else
 * answered, such as a proxy.
 */
export class RequestRejectedError extends Error {
  readonly status: number;
  readonly problem: ProblemDetails | undefined;

  constructor(request: string, { status, problem }: { status: number; problem: ProblemDetails | undefined }) {
    super(`${request} was rejected with ${status}${problem === undefined ? '' : `: ${describe(problem)}`}`);
    this.name = 'RequestRejectedError';
    this.status = status;
    this.problem = problem;
  }
}

/** A batch was refused as a whole: none of its events are stored. `problem.errors` points at what is wrong. */
export class PublishRejectedError extends RequestRejectedError {
  override readonly name = 'PublishRejectedError';
}

/**
 * Every attempt failed; `cause` is what the last one met. For a publish the outcome is *unknown*: an attempt
 * may have arrived and only its answer been lost. Publishing again with the same key is safe.
 */
export class RetriesExhaustedError extends Error {
  readonly attempts: number;

  constructor(request: string, { attempts, cause }: { attempts: number; cause: Error }) {
    super(`${request} failed ${attempts} times: ${cause.message}`, { cause });
    this.name = 'RetriesExhaustedError';
    this.attempts = attempts;
  }
}

/**
 * An answer that says nothing final: a 408, 425, 429 or 5xx, or a success whose body is not what this endpoint
 * answers. Met as a `cause`.
 */
export class UnusableAnswerError extends Error {
  readonly status: number;

  constructor(status: number, detail: string | undefined) {
    super(`the answer was ${status}${detail === undefined ? '' : `: ${detail}`}`);
    this.name = 'UnusableAnswerError';
    this.status = status;
  }
}

function describe({ title, detail, errors }: ProblemDetails): string {
  const first = errors?.[0];
  return [title, detail, first && `${first.pointer}: ${first.detail}`].filter(Boolean).join('; ');
}
