import { MAX_TRACEPARENTS } from '@oncelog/event-stream';
import { isSampled } from '@oncelog/service-kit';

/**
 * The traces that a batch comes from, with one more. When there are as many as an entry names, one that somebody records
 * takes the place of one that nobody does.
 */
export function withTraceparent(
  traceparents: readonly string[] | undefined,
  traceparent: string,
): readonly string[] {
  if (traceparents === undefined) return [traceparent];
  if (traceparents.length < MAX_TRACEPARENTS) return [...traceparents, traceparent];
  const unrecorded = isSampled(traceparent) ? traceparents.findIndex((one) => !isSampled(one)) : -1;
  return unrecorded === -1 ? traceparents : traceparents.with(unrecorded, traceparent);
}
