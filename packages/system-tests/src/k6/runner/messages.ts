import type { MessagePort } from 'node:worker_threads';

/** A thread with an instance of the script of its own, as each virtual user of k6 has, and setup, teardown and the summary. */
export interface ContextData {
  /** `file:` URL. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** 0 outside of scenarios. */
  readonly vu: number;
  readonly http: HttpLine;
}

/** By which a thread waits for the answer to its request: k6's requests return when they are answered. */
export interface HttpLine {
  readonly port: MessagePort;
  /** Int32: 1 as soon as the answer is in the port. */
  readonly signal: SharedArrayBuffer;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Status 0: no whole answer; `error` says why. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly error: string;
  readonly durationMs: number;
}

/** To a context. */
export type Task =
  | { readonly kind: 'call'; readonly name: string; readonly argument: unknown }
  | {
      readonly kind: 'iterate';
      readonly name: string;
      readonly argument: unknown;
      readonly total: number;
      /** Int32: the next iteration, and whether to stop. */
      readonly shared: SharedArrayBuffer;
      readonly startTimeMs: number;
      readonly deadlineMs: number;
    };

/** Places in `shared`. */
export const NEXT_ITERATION = 0;
export const STOPPED = 1;

export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';

export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** From a context. */
export type Report =
  | { readonly kind: 'initialised'; readonly options: unknown }
  | { readonly kind: 'metric'; readonly name: string; readonly type: MetricType }
  | { readonly kind: 'samples'; readonly samples: readonly Sample[] }
  /** An iteration threw: k6 logs it, and goes on with the next. */
  | { readonly kind: 'iteration-failed'; readonly error: string }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly aborted: boolean };
