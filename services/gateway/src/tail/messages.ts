import type { TailDropped } from '@oncelog/event-schema';
import { messageText } from '../event-streams.ts';

/** An event, as `GET /events` has it, and the place behind it. */
export function eventText(id: string | undefined, json: string): string {
  return messageText({ ...withId(id), data: json });
}

/** Says that events were left out: up to the place, nothing else was. */
export function droppedText(id: string | undefined, dropped: TailDropped): string {
  return messageText({ event: 'dropped', ...withId(id), data: JSON.stringify(dropped) });
}

/** Nothing but a place: who comes back begins there. */
export function placeText(id: string | undefined): string {
  return id === undefined ? '' : messageText({ id });
}

function withId(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}
