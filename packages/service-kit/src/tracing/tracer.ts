/** Names and values as the semantic conventions of OpenTelemetry have them. Never contents of events. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** `server` and `consumer`: the parent is another process's work. */
  readonly kind: 'server' | 'producer' | 'consumer' | 'client';
  /** A valid traceparent. Without one the span begins a trace. */
  readonly parent?: string | undefined;
  /** Valid traceparents of other work that has to do with this one; the first 128 count. */
  readonly links?: readonly string[] | undefined;
  readonly attributes?: SpanAttributes | undefined;
}

/** A piece of work that is timed. */
export interface Span {
  /** For what is part of this work; undefined where there is no trace. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** @param error why the work failed: what was thrown, or the name of a kind of failure */
  end(error?: unknown): void;
}

/** Starts spans. Never throws, never waits. */
export interface Tracer {
  /** Whether spans go anywhere. Where not, what only they need need not be made. */
  readonly exporting: boolean;
  startSpan(name: string, options: SpanOptions): Span;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

const NO_SPAN: Span = { traceparent: undefined, set() {}, rename() {}, end() {} };

/** Records nothing, and hands on the trace that the work came with. */
export const passThroughTracer: Tracer = {
  exporting: false,
  startSpan: (_name, { parent }) => (parent === undefined ? NO_SPAN : { ...NO_SPAN, traceparent: parent }),
  async close() {},
};
