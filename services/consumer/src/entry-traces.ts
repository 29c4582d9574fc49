import { type Entry, MAX_TRACEPARENTS } from '@oncelog/event-stream';
import { readTraceparent, traceIdOf } from '@oncelog/service-kit';

/** Where an entry comes from: valid traceparents, none for an entry without a trace. */
export function tracesOf(entry: Entry): readonly string[] {
  if (entry.kind === 'foreign' || entry.traceparents === undefined) return NONE;
  return entry.traceparents.flatMap((text) => readTraceparent(text) ?? NONE);
}

const NONE: readonly string[] = [];

/** The fields of a log line about entries: `trace_id`, or `trace_ids` where they come from several, up to 16. */
export function traceIdFields(
  entries: readonly Entry[],
): { trace_id: string } | { trace_ids: string[] } | undefined {
  const ids = new Set<string>();
  for (const entry of entries) {
    if (ids.size >= MAX_TRACEPARENTS) break;
    for (const traceparent of tracesOf(entry)) ids.add(traceIdOf(traceparent));
  }
  const [id, ...others] = [...ids].slice(0, MAX_TRACEPARENTS);
  if (id === undefined) return undefined;
  return others.length === 0 ? { trace_id: id } : { trace_ids: [id, ...others] };
}
