import { TypeCompiler } from '@sinclair/typebox/compiler';
import { EventSchema } from './event.ts';
import { scanJson } from './json-faults.ts';
import { MAX_VIOLATIONS } from './limits.ts';
import { parseJson } from './parse-json.ts';
import type { Violation } from './problem.ts';
import { violationsOfErrors, violationsOfFaults } from './violations.ts';

/** What became of the text of one event: `malformed` is no JSON (400), `invalid` breaks rules (422). */
export type ParsedEvent =
  | {
      outcome: 'valid';
      topic: string;
      /** Of its numbers with an exponent, written out: a batch may have MAX_WRITTEN_OUT_DIGITS of them in all. */
      writtenOutDigits: number;
    }
  | { outcome: 'malformed'; detail: string }
  | { outcome: 'invalid'; violations: Violation[] };

const validator = TypeCompiler.Compile(EventSchema);

/** In `{"events":[event]}` an object and an array are around it. */
const LEVELS_AROUND_EVENT = 2;

/**
 * Parses and validates the text of one event, a line of NDJSON, by the rules of `POST /publish`. Pure; never throws for
 * any bytes. Texts that are `valid` may be joined by commas to `{"events":[…]}`: each is one JSON value, so that none can
 * run into the next. Pointers are relative to the event.
 */
export function parseEvent(json: Uint8Array): ParsedEvent {
  const parsed = parseJson(json, 'The line');
  if (parsed.outcome === 'malformed') return parsed;
  const { document } = parsed;
  const { faults, writtenOut } = scanJson(json, LEVELS_AROUND_EVENT);
  if (faults.length === 0 && validator.Check(document)) {
    return { outcome: 'valid', topic: document.topic, writtenOutDigits: writtenOut };
  }
  const violations = [...violationsOfFaults(json, faults), ...violationsOfErrors(validator.Errors(document))];
  return { outcome: 'invalid', violations: violations.slice(0, MAX_VIOLATIONS) };
}
