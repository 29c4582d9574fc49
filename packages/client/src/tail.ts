import type { LiveStatus, StoredEvent, TailDropped } from './api-types.ts';
import { containing, type EventFilter, type RawOption } from './events.ts';
import { type FollowOptions, follow } from './follow.ts';
import { addQuery } from './pages.ts';
import type { SseMessage } from './sse.ts';
import type { Transport } from './transport.ts';

export interface TailOptions extends FollowOptions {
  /** Where to go on: the `id` of the last message that was handled. Default: with what is stored from now on. */
  readonly lastEventId?: string | undefined;
}

/** An event as it is stored, or word that some were left out. */
export type TailMessage<E> =
  /** `id` is the place behind it. */
  { readonly type: 'event'; readonly id: string; readonly event: E } | TailGap;

/** Events were left out: this client reads too slowly, or they come too fast, or they are gone. */
export interface TailGap {
  readonly type: 'dropped';
  readonly id: string;
  readonly events: TailDropped['events'];
  readonly reason: TailDropped['reason'];
}

/** Overloads: events as objects, or with `raw` as JSON texts. */
export interface Tail {
  (
    filter?: EventFilter,
    options?: TailOptions & { readonly raw?: false },
  ): AsyncGenerator<TailMessage<StoredEvent>, void, undefined>;
  (
    filter: EventFilter,
    options: TailOptions & { readonly raw: true },
  ): AsyncGenerator<TailMessage<string>, void, undefined>;
}

/** Events as they are stored, within a second of their commit. See {@link follow} for how it goes on and ends. */
export function tail(
  transport: Transport,
  { contains, ...query }: EventFilter,
  { raw = false, lastEventId, signal }: TailOptions & RawOption,
): AsyncGenerator<TailMessage<StoredEvent | string>, void, undefined> {
  const url = transport.url('tail');
  addQuery(url, { ...query, ...containing(contains) });
  const read = (message: SseMessage) => readTail(message, raw);
  return follow(transport, { label: 'GET /tail', url, lastEventId, read }, { signal });
}

function readTail(
  { type, id, data }: SseMessage,
  raw: boolean,
): TailMessage<StoredEvent | string> | undefined {
  if (data === undefined || (type !== 'message' && type !== 'dropped')) return undefined;
  const content: unknown = JSON.parse(data);
  if (type === 'message') return { type: 'event', id, event: raw ? data : (content as StoredEvent) };
  const { events, reason } = content as TailDropped;
  return { type, id, events, reason };
}

/** One look at the whole system each second. */
export function live(
  transport: Transport,
  { signal }: FollowOptions,
): AsyncGenerator<LiveStatus, void, undefined> {
  const read = ({ type, data }: SseMessage) =>
    type === 'status' && data !== undefined ? (JSON.parse(data) as LiveStatus) : undefined;
  return follow(transport, { label: 'GET /live', url: transport.url('live'), read }, { signal });
}
