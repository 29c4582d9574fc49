import { Call, type Piece } from '../call.ts';

const encoder = new TextEncoder();

/** A piece with as many events as there are texts, the first of which is number `firstIndex` of its call. */
export function piece(texts: readonly string[], firstIndex = 0, call: Call = openCall(texts.length)): Piece {
  const events = texts.map((text) => encoder.encode(text));
  return { call, firstIndex, events, bytes: events.reduce((sum, event) => sum + event.length, 0) };
}

function openCall(events: number): Call {
  return new Call(events, { enqueuedAt: 0, deadlineAt: Number.POSITIVE_INFINITY, onFinal: () => undefined });
}
