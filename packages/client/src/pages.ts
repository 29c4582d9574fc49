import { elementsOf } from './json-elements.ts';
import { get, isRecord, type ReadOptions } from './reads.ts';
import type { Transport } from './transport.ts';

type QueryValue = string | number | boolean | Date;

/** What is undefined is left out, a list is repeated. */
export type QueryValues = Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>;

export interface PageRequest {
  /** `events` */
  readonly path: string;
  readonly query: QueryValues;
  /** Most elements in all. */
  readonly limit: number | undefined;
  readonly pageSize: number | undefined;
}

/** As many as the gateway puts on a page. */
const MAX_PAGE_SIZE = 1_000;
const DEFAULT_PAGE_SIZE = 100;

/** Elements of a list as JSON texts, a page at a time, each page asked for when it is needed. */
export async function* texts(
  transport: Transport,
  { path, query, limit = Number.POSITIVE_INFINITY, pageSize = DEFAULT_PAGE_SIZE }: PageRequest,
  options: ReadOptions,
): AsyncGenerator<string, void, undefined> {
  let cursor: string | undefined;
  let left = limit;
  while (left > 0) {
    const url = transport.url(path);
    const size = Math.min(pageSize, left, MAX_PAGE_SIZE);
    addQuery(url, { ...query, limit: size, ...(cursor === undefined ? {} : { cursor }) });
    const page = await get(transport, { path, url, read: readPage }, options);
    for (const element of page.elements.slice(0, left)) yield element;
    left -= page.elements.length;
    cursor = page.next;
    if (cursor === undefined) return;
  }
}

export function addQuery(url: URL, query: QueryValues): void {
  for (const [name, given] of Object.entries(query)) {
    const values: readonly QueryValue[] = given === undefined ? [] : isList(given) ? given : [given];
    for (const value of values) url.searchParams.append(name, textOf(value));
  }
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value);
}

function textOf(value: QueryValue): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

interface Page {
  readonly elements: readonly string[];
  readonly next: string | undefined;
}

function readPage(
  answer: unknown,
  { headers, text }: { readonly headers: Headers; readonly text: string },
): Page | undefined {
  if (!Array.isArray(answer) || !answer.every(isRecord)) return undefined;
  return { elements: elementsOf(text), next: nextCursor(headers.get('link')) };
}

/** Of an RFC 8288 Link header only the cursor is taken: the rest of the query is known, and the host is ours. */
function nextCursor(link: string | null): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '') ?? [];
  if (target === undefined) return undefined;
  return new URL(target, 'http://gateway').searchParams.get('cursor') ?? undefined;
}
