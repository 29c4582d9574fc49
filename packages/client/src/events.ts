import type { StoredEvent } from './api-types.ts';
import { texts } from './pages.ts';
import { stringify } from './raw-json.ts';
import type { ReadOptions } from './reads.ts';
import type { Transport } from './transport.ts';

export interface EventFilter {
  /** Events of any of these. */
  readonly topic?: string | readonly string[] | undefined;
  readonly source?: string | undefined;
  /** Payloads that contain this object, or JSON text of one, as the operator @> of Postgres has it. */
  readonly contains?: object | string | undefined;
}

export interface EventsQuery extends EventFilter {
  readonly event_id?: string | undefined;
  /** Timestamps from here on. With a window the newest timestamp comes first, without the newest arrival. */
  readonly since?: string | Date | undefined;
  /** Timestamps before this. */
  readonly until?: string | Date | undefined;
  /** Most events in all. Default: all. */
  readonly limit?: number | undefined;
  /** Events of one request. Default 100, at most 1,000. */
  readonly pageSize?: number | undefined;
}

/** With `raw` each element is the JSON text as it came: numbers keep every digit. */
export interface RawOption {
  readonly raw?: boolean | undefined;
}

/** Stored events, as JSON texts. */
export function eventTexts(
  transport: Transport,
  { limit, pageSize, contains, ...query }: EventsQuery,
  options: ReadOptions,
): AsyncGenerator<string, void, undefined> {
  return texts(
    transport,
    { path: 'events', query: { ...query, ...containing(contains) }, limit, pageSize },
    options,
  );
}

export function containing(contains: object | string | undefined): { contains?: string } {
  const json = typeof contains === 'object' ? stringify(contains) : contains;
  return json === undefined ? {} : { contains: json };
}

/** Parses each text, unless it is wanted as it is. */
export async function* parsed<T>(
  elements: AsyncIterable<string>,
  { raw = false }: RawOption,
): AsyncGenerator<T | string, void, undefined> {
  for await (const text of elements) yield raw ? text : (JSON.parse(text) as T);
}

/** Overloads: objects, or with `raw` texts. */
export interface ReadEvents {
  (
    query?: EventsQuery,
    options?: ReadOptions & { readonly raw?: false },
  ): AsyncGenerator<StoredEvent, void, undefined>;
  (
    query: EventsQuery,
    options: ReadOptions & { readonly raw: true },
  ): AsyncGenerator<string, void, undefined>;
}
