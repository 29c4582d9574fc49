import { createDocumentSplitter } from './split-documents.ts';

export const FORMATS = ['auto', 'ndjson', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const EVENTS = '{"events":[';

/**
 * Which format a stream is in, by how it begins. JSON: a list, an object with `events`, an object over several lines, or one
 * with another behind it in its line. Everything else is NDJSON, whose lines may be broken one by one.
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
  return hasSeveralIn(text.split('\n', 1)[0] ?? '') ? 'json' : 'ndjson';
}

/** `{…}{…}`, or `{…} {…}` */
function hasSeveralIn(line: string): boolean {
  const [first] = createDocumentSplitter(line.length * 4).push(Buffer.from(line));
  if (first === undefined || 'fault' in first || !isJson(first.text)) return false;
  return line.slice(first.text.length).trimStart().startsWith('{');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
