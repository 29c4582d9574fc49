import type { TailDropped } from '@oncelog/event-schema';
import { droppedText, eventText } from './messages.ts';

/** The newest of the feed: an event with the filters that take it, or a gap where events were left out for all. */
type RingEntry =
  | { readonly id: string | undefined; readonly json: string; readonly filters: readonly number[] }
  | { readonly id: string | undefined; readonly dropped: TailDropped };

/** Where somebody is in the ring. */
export interface RingReader {
  readonly filter: number;
  /** Whether the filter takes every event. */
  readonly takesAll: boolean;
  /** Of the next entry; counted from the beginning of the ring's life. */
  index: number;
  /** Events that fell off the ring before this reader had them. */
  lost: TailDropped | undefined;
}

export interface Ring {
  /** Index of the oldest entry, and the one behind the newest. */
  readonly start: number;
  readonly end: number;
  append(entry: RingEntry): void;
  /** From now on the reader is told of what falls off before it has it. */
  enter(reader: RingReader): void;
  leave(reader: RingReader): void;
  /** The reader's next messages, some 64 KiB at most, and moves it on; undefined where there are none. */
  take(reader: RingReader): Uint8Array | undefined;
  clear(): void;
}

export interface RingConfig {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Called when a reader is told that it has lost events. */
  readonly onLost?: () => void;
}

interface Slot {
  readonly entry: RingEntry;
  readonly text: string;
}

interface Taken {
  readonly messages: Uint8Array | undefined;
  readonly nextIndex: number;
}

const MAX_TAKEN_CHARACTERS = 64 * 1024;
/** Takes are shared by those who read the same, until there is more to read. */
const MAX_SHARED = 64;

/**
 * The newest part of the feed in memory, bounded in entries and bytes: every reader reads from it, at its own pace, and
 * nothing is kept for any of them. An event is rendered once, and readers with the same filter share the bytes.
 */
export function createRing({ maxEntries, maxBytes, onLost = () => {} }: RingConfig): Ring {
  const readers = new Set<RingReader>();
  const shared = new Map<string, Taken>();
  let slots: (Slot | undefined)[] = [];
  /** How many of `slots`, from its beginning, are empty: they are cut off now and then. */
  let gone = 0;
  let start = 0;
  let bytes = 0;
  let startId: string | undefined;

  const slotAt = (index: number): Slot => slots[index - start + gone] as Slot;
  const end = (): number => start + slots.length - gone;

  const dropOldest = (): void => {
    const { entry, text } = slotAt(start);
    for (const reader of readers) {
      if (reader.index === start) fallBehind(reader, entry);
    }
    bytes -= text.length;
    startId = entry.id ?? startId;
    slots[gone] = undefined;
    start += 1;
    gone += 1;
    if (gone > maxEntries) {
      slots = slots.slice(gone);
      gone = 0;
    }
  };

  const takeFrom = (reader: RingReader): Taken => {
    const texts: string[] = [];
    let characters = 0;
    let index = reader.index;
    for (; index < end() && characters < MAX_TAKEN_CHARACTERS; index += 1) {
      const text = textFor(reader, slotAt(index));
      if (text === undefined) continue;
      texts.push(text);
      characters += text.length;
    }
    return { messages: texts.length === 0 ? undefined : Buffer.from(texts.join('')), nextIndex: index };
  };

  return {
    get start() {
      return start;
    },
    get end() {
      return end();
    },
    append(entry) {
      const text = 'dropped' in entry ? '' : eventText(entry.id, entry.json);
      slots.push({ entry, text });
      bytes += text.length;
      shared.clear();
      // the newest stays, however large it is
      while ((end() - start > maxEntries || bytes > maxBytes) && end() - start > 1) dropOldest();
    },
    enter: (reader) => readers.add(reader),
    leave: (reader) => readers.delete(reader),
    take(reader) {
      const { lost } = reader;
      if (lost !== undefined) {
        reader.lost = undefined;
        onLost();
        return Buffer.from(droppedText(startId, lost));
      }
      if (reader.index >= end()) return undefined;
      const key = `${reader.filter}:${reader.index}`;
      const taken = shared.get(key) ?? takeFrom(reader);
      if (shared.size < MAX_SHARED) shared.set(key, taken);
      reader.index = taken.nextIndex;
      return taken.messages;
    },
    clear() {
      start = end();
      slots = [];
      gone = 0;
      bytes = 0;
      shared.clear();
    },
  };
}

function textFor({ filter, takesAll }: RingReader, { entry, text }: Slot): string | undefined {
  if ('json' in entry) return entry.filters.includes(filter) ? text : undefined;
  return droppedText(entry.id, { ...entry.dropped, events: takesAll ? entry.dropped.events : null });
}

function fallBehind(reader: RingReader, entry: RingEntry): void {
  reader.index += 1;
  const missed =
    'json' in entry ? Number(entry.filters.includes(reader.filter)) : missedIn(reader, entry.dropped);
  if (missed === 0) return;
  const before = reader.lost?.events ?? (reader.lost === undefined ? 0 : null);
  const events = missed === null || before === null ? null : before + missed;
  reader.lost = { events, reason: 'slow-reader' };
}

function missedIn({ takesAll }: RingReader, { events }: TailDropped): number | null {
  return takesAll ? events : null;
}
