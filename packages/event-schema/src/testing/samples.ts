import fc from 'fast-check';
import type { Event } from '../event.ts';
import { MAX_EVENTS_PER_BATCH, MAX_NAME_CHARACTERS } from '../limits.ts';
import { type ParsedPublishRequest, parsePublishRequest } from '../parse-publish-request.ts';

export const EVENT: Event = {
  topic: 'orders.created',
  event_id: '5f1c',
  timestamp: '2026-01-31T12:00:00Z',
  source: 'checkout',
  payload: { amount: 12.5 },
};

/** The text of a request with one valid event whose payload is given as text. */
export function withPayload(payload: string): string {
  return `{"events":[${JSON.stringify(EVENT).replace('{"amount":12.5}', () => payload)}]}`;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function parse(body: string | Uint8Array, maxEvents = MAX_EVENTS_PER_BATCH): ParsedPublishRequest {
  return parsePublishRequest(typeof body === 'string' ? bytes(body) : body, { maxEvents });
}

/** The outcome in short: each violation as "pointer rule". */
export function outcomeOf(body: string | Uint8Array, maxEvents?: number): string | string[] {
  const parsed = parse(body, maxEvents);
  if (parsed.outcome !== 'invalid') return parsed.outcome;
  return parsed.violations.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

/** Any text that Postgres can hold. */
function text(constraints: fc.StringConstraints): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', ...constraints }).map((value) => value.replaceAll('\0', '0'));
}

export const anyName = fc.oneof(
  text({ minLength: 1, maxLength: 20 }),
  text({ minLength: MAX_NAME_CHARACTERS, maxLength: MAX_NAME_CHARACTERS }),
);

export const anyTimestamp = fc
  .record({
    date: fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }),
    separator: fc.constantFrom('T', 't'),
    fraction: fc.stringMatching(/^(?:\.[0-9]{1,12})?$/),
    offset: fc.stringMatching(/^(?:[Zz]|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])$/),
  })
  .map(({ date, separator, fraction, offset }) => {
    const [day, time] = date.toISOString().split(/[T.]/);
    return `${day}${separator}${time}${fraction}${offset}`;
  });

const anyPayload = fc
  .dictionary(
    fc.oneof(text({ maxLength: 10 }), fc.constantFrom('__proto__', 'constructor', 'toString', '', 'a/b~c')),
    fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }),
    { maxKeys: 6, noNullPrototype: true },
  )
  .map((payload) => JSON.parse(JSON.stringify(payload).replaceAll('\\u0000', '0')) as Event['payload']);

export const anyEvent: fc.Arbitrary<Event> = fc.record({
  topic: anyName,
  event_id: anyName,
  timestamp: anyTimestamp,
  source: anyName,
  payload: anyPayload,
});
