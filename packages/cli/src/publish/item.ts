import { type RawJson, rawJson } from '@oncelog/client';
import type { Piece } from './pieces.ts';

/** An event that is to be sent, with its own digits. */
export interface Item {
  readonly line: number;
  readonly event: RawJson;
  readonly bytes: number;
}

/** A rule that a line breaks; the pointer begins at the event. */
export interface Violation {
  readonly pointer: string;
  readonly rule: string;
  readonly detail: string;
}

export interface RefusedLine {
  readonly line: number;
  readonly errors: readonly Violation[];
}

export interface ItemOptions {
  /** Makes the id of an event that has none, from its line; undefined leaves that to the client. */
  readonly eventId: ((line: number) => string) | undefined;
  /** Called for an event without an id. */
  readonly onWithoutId: () => void;
}

/** A piece as an event, or what is wrong with it. Only what is no JSON object is found here: the rest, the gateway knows. */
export function itemOf(piece: Piece, { eventId, onWithoutId }: ItemOptions): Item | RefusedLine {
  const { line } = piece;
  if ('fault' in piece) return refused(line, piece.fault);
  let { text } = piece;
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    return refused(line, `it is not JSON: ${(error as Error).message}`);
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return refused(line, 'it must be an object');
  }
  if ((fields as Record<string, unknown>)['event_id'] === undefined) {
    onWithoutId();
    if (eventId !== undefined)
      text = withId(text, { id: eventId(line), isEmpty: Object.keys(fields).length === 0 });
  }
  return { line, event: rawJson(text), bytes: Buffer.byteLength(text) + 1 };
}

function withId(text: string, { id, isEmpty }: { id: string; isEmpty: boolean }): string {
  const rest = text.slice(text.indexOf('{') + 1);
  return `{"event_id":${JSON.stringify(id)}${isEmpty ? '' : ','}${rest}`;
}

function refused(line: number, detail: string): RefusedLine {
  return { line, errors: [{ pointer: '', rule: 'json', detail }] };
}
