import type { IncomingHttpHeaders } from 'node:http';

/** What the body of a request to publish is: one of our batches, lines of events, or CloudEvents in one of their modes. */
export type Format = 'json' | 'lines' | 'binary-cloud-event' | 'cloud-event' | 'cloud-event-batch';

const UTF8 = String.raw`\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$`;
const JSON_TYPE = new RegExp(String.raw`^application/(?:json|[\w.+-]+\+json)${UTF8}`, 'i');
const LINES = new RegExp(`^application/(?:x-)?(?:ndjson|jsonl|jsonlines)${UTF8}`, 'i');
const CLOUD_EVENTS = /^application\/cloudevents(?![\w.])/i;
const CLOUD_EVENT = new RegExp(String.raw`^application/cloudevents\+json${UTF8}`, 'i');
const CLOUD_EVENT_BATCH = new RegExp(String.raw`^application/cloudevents-batch\+json${UTF8}`, 'i');

/** Whether a Content-Type is JSON in UTF-8. */
export function isJsonType(type: string | undefined): boolean {
  return type !== undefined && JSON_TYPE.test(type);
}

/**
 * The format of a body by its headers; undefined where it is none that is taken. As CloudEvents over HTTP has it, a
 * Content-Type of theirs decides, whatever `ce-` headers say; without one, these make a body the data of an event.
 */
export function formatOf(headers: IncomingHttpHeaders): Format | undefined {
  const type = headers['content-type'];
  if (type !== undefined && CLOUD_EVENTS.test(type)) {
    if (CLOUD_EVENT.test(type)) return 'cloud-event';
    return CLOUD_EVENT_BATCH.test(type) ? 'cloud-event-batch' : undefined;
  }
  if (hasAttributes(headers)) return 'binary-cloud-event';
  if (isJsonType(type)) return 'json';
  return type !== undefined && LINES.test(type) ? 'lines' : undefined;
}

/** One of those that are required is enough: what is missing is then told. */
function hasAttributes(headers: IncomingHttpHeaders): boolean {
  return (
    headers['ce-specversion'] !== undefined ||
    headers['ce-id'] !== undefined ||
    headers['ce-type'] !== undefined ||
    headers['ce-source'] !== undefined
  );
}
