import { elementsOf, membersOf, NotJsonError } from './raw-json.ts';

/** An event as `GET /events` and `GET /tail` write it. */
export interface StoredEvent {
  /** Of all events, only this one has it. */
  readonly key: string;
  readonly topic: string;
  readonly eventId: string;
  readonly source: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** RFC 3339. */
  readonly processedAt: string;
  /** The payload, digit by digit as it is stored. */
  readonly payload: string;
  /** The whole event, likewise. */
  readonly raw: string;
}

export const eventKey = (topic: string, eventId: string): string => `${topic}\u0000${eventId}`;

/**
 * Reads one event.
 *
 * @throws {NotJsonError} where it is none
 */
export function readEvent(raw: string): StoredEvent {
  const members = membersOf(raw);
  const text = (name: string): string => JSON.parse(members.get(name) ?? '""') as string;
  const payload = members.get('payload');
  if (payload === undefined) throw new NotJsonError();
  const topic = text('topic');
  const eventId = text('event_id');
  return {
    key: eventKey(topic, eventId),
    topic,
    eventId,
    source: text('source'),
    timestamp: text('timestamp'),
    processedAt: text('processed_at'),
    payload,
    raw,
  };
}

/** Reads the body of `GET /events`. */
export const readEvents = (body: string): StoredEvent[] => elementsOf(body).map(readEvent);

/** What a list may hold. */
export interface ListBound {
  readonly rows: number;
  /** Of the events' JSON, in UTF-16 units. One event is kept, however large. */
  readonly units: number;
}

/** New events, the newest last, on top of a list; each event once, and of all only the newest that the bound allows. */
export function putOnTop(
  list: readonly StoredEvent[],
  arrived: readonly StoredEvent[],
  bound: ListBound,
): StoredEvent[] {
  const listed = new Set(list.map(({ key }) => key));
  const fresh = arrived.filter(({ key }) => !listed.has(key) && listed.add(key));
  const all = [...fresh.reverse(), ...list];
  return all.slice(
    0,
    countWithin(
      all.map(({ raw }) => raw),
      bound,
    ),
  );
}

/** How many texts from the first on the bound allows. */
export function countWithin(texts: readonly string[], { rows, units }: ListBound): number {
  let left = units;
  const end = texts.findIndex((text, index) => {
    left -= text.length;
    return index >= rows || (left < 0 && index > 0);
  });
  return end === -1 ? texts.length : end;
}

/** A further page below a list; each event once. */
export function putBelow(list: readonly StoredEvent[], page: readonly StoredEvent[]): StoredEvent[] {
  const listed = new Set(list.map(({ key }) => key));
  return [...list, ...page.filter(({ key }) => !listed.has(key))];
}
