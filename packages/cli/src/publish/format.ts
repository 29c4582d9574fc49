export const FORMATS = ['auto', 'ndjson', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const EVENTS = '{"events":[';

/**
 * Which format a stream is in, by how it begins. JSON: a list, an object with `events`, or an object that is not alone in its
 * line. Everything else is NDJSON, whose lines may be broken one by one.
 *
 * @param head the first bytes
 * @returns undefined where more of them are needed to tell
 */
export function formatOf(head: Buffer, isAll: boolean): 'ndjson' | 'json' | undefined {
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('[') || /^\{[ \t\r]*\n/.test(text)) return 'json';
  const compact = text.replaceAll(/\s/g, '');
  if (compact.startsWith(EVENTS)) return 'json';
  if (!isAll && EVENTS.startsWith(compact)) return undefined;
  return 'ndjson';
}
