import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { EventSchema, type PublishRequest } from './event.ts';
import { findJsonFaults } from './json-faults.ts';
import { MAX_VIOLATIONS } from './limits.ts';
import { parseJson } from './parse-json.ts';
import type { Violation } from './problem.ts';
import { violationsOfErrors, violationsOfFaults } from './violations.ts';

/** What became of a body: `malformed` is no JSON (400), `invalid` breaks rules (422). */
export type ParsedPublishRequest =
  | { outcome: 'valid'; request: PublishRequest }
  | { outcome: 'malformed'; detail: string }
  | { outcome: 'invalid'; violations: Violation[] };

/** The most events are the caller's setting, so the compiled check leaves them out. */
const validator = TypeCompiler.Compile(Type.Object({ events: Type.Array(EventSchema, { minItems: 1 }) }));

/**
 * Parses and validates the body of `POST /publish`. Pure; never throws for any bytes.
 *
 * What is `valid` is sure to be converted by Postgres from the same bytes, with the same meaning:
 * `jsonb_path_query(body::jsonb, '$.events[*]')`. That is why the rules on characters, numbers and nesting hold for
 * the whole document, for ignored properties and overridden duplicate keys too.
 * `request` is for looking at; its numbers are JavaScript's. Store the bytes.
 */
export function parsePublishRequest(body: Uint8Array, limits: { maxEvents: number }): ParsedPublishRequest {
  const parsed = parseJson(body);
  if (parsed.outcome === 'malformed') return parsed;
  const { document } = parsed;
  const tooMany = tooManyEvents(document, limits.maxEvents);
  if (tooMany !== undefined) return { outcome: 'invalid', violations: [tooMany] };
  const faults = findJsonFaults(body);
  if (faults.length === 0 && validator.Check(document)) return { outcome: 'valid', request: document };
  const violations = [...violationsOfFaults(body, faults), ...violationsOfErrors(validator.Errors(document))];
  return { outcome: 'invalid', violations: violations.slice(0, MAX_VIOLATIONS) };
}

function tooManyEvents(document: unknown, maxEvents: number): Violation | undefined {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, 'events'))
    return undefined;
  const { events } = document as { events: unknown };
  if (!Array.isArray(events) || events.length <= maxEvents) return undefined;
  return { pointer: '/events', rule: 'max-items', detail: `A batch may have at most ${maxEvents} events.` };
}
