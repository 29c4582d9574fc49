/**
 * The place of a piece of work in a trace, in the form of W3C Trace Context (https://www.w3.org/TR/trace-context-1/):
 *
 *   00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *   │  └ trace ID, 16 bytes              │                └ flags: 01 sampled, 00 not
 *   └ version                            └ span ID, 8 bytes: of the work that this one is part of
 *
 * It is handed about as this text: that is how it arrives, travels in the stream, and leaves.
 */
const TRACEPARENT =
  /^(?!ff)(?<version>[0-9a-f]{2})-(?<ids>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;

/**
 * Reads a `traceparent` header. A version later than 00 is read as far as 00 goes, and becomes one of 00; of the flags
 * only `sampled` is kept. As the standard asks.
 *
 * @returns a valid traceparent of version 00; undefined where the text is none, which is to be ignored
 */
export function readTraceparent(text: string): string | undefined {
  const { version, ids, flags, more } = TRACEPARENT.exec(text)?.groups ?? {};
  if (version === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return `00-${ids}-${Number.parseInt(flags, 16) & SAMPLED ? '01' : '00'}`;
}

const SAMPLED = 1;

/** Whether the one who began the trace records it. */
export function isSampled(traceparent: string): boolean {
  return traceparent.endsWith('1');
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** The fields of a log line, by the names that OpenTelemetry gives them; none without a trace. */
export function traceFields(
  traceparent: string | undefined,
): { trace_id: string; span_id: string } | undefined {
  if (traceparent === undefined) return undefined;
  return { trace_id: traceIdOf(traceparent), span_id: spanIdOf(traceparent) };
}
