import { brokenAttributes, type CloudEventAttributes } from './cloud-event-attributes.ts';
import { jsonElements } from './json-elements.ts';
import { scanJson } from './json-faults.ts';
import { jsonPointer } from './json-pointer.ts';
import { MAX_VIOLATIONS } from './limits.ts';
import { parseJson } from './parse-json.ts';
import type { Violation } from './problem.ts';
import { type BrokenRule, violationsOfFaults } from './violations.ts';

/** A valid CloudEvent: what identifies and dates it, and all of it in the JSON format. */
export interface ParsedCloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string | undefined;
  /** As it was sent, byte for byte. */
  readonly json: Uint8Array;
}

/** What became of a body: `malformed` is no JSON (400), `invalid` breaks rules (422). */
export type ParsedCloudEvents =
  | { outcome: 'valid'; cloudEvents: ParsedCloudEvent[] }
  | { outcome: 'malformed'; detail: string }
  | { outcome: 'invalid'; violations: Violation[] };

/** In `{"events":[{"payload":…}]}` an object, an array and an object are around it. */
const LEVELS_AROUND_PAYLOAD = 3;

/** Parses a CloudEvent in structured mode. Pure; never throws for any bytes. */
export function parseCloudEvent(body: Uint8Array): ParsedCloudEvents {
  const parsed = parseJson(body);
  if (parsed.outcome === 'malformed') return parsed;
  return parsedOf(body, LEVELS_AROUND_PAYLOAD, [{ document: parsed.document, json: body, path: [] }]);
}

/** Parses a batch of CloudEvents, which may be empty. Pure; never throws for any bytes. */
export function parseCloudEventBatch(body: Uint8Array, limits: { maxEvents: number }): ParsedCloudEvents {
  const parsed = parseJson(body);
  if (parsed.outcome === 'malformed') return parsed;
  const { document } = parsed;
  if (!Array.isArray(document)) return refused({ rule: 'type', detail: 'It must be an array.' });
  if (document.length === 0) return { outcome: 'valid', cloudEvents: [] };
  if (document.length > limits.maxEvents) {
    return refused({ rule: 'max-items', detail: `A batch may have at most ${limits.maxEvents} events.` });
  }
  const texts = jsonElements(body);
  const elements = (document as unknown[]).map((element, at) => ({
    document: element,
    json: texts[at] as Uint8Array,
    path: [at],
  }));
  // the batch is an array of its own around them
  return parsedOf(body, LEVELS_AROUND_PAYLOAD - 1, elements);
}

interface Element {
  readonly document: unknown;
  readonly json: Uint8Array;
  readonly path: readonly number[];
}

function parsedOf(body: Uint8Array, outerLevels: number, elements: readonly Element[]): ParsedCloudEvents {
  const { faults } = scanJson(body, outerLevels);
  const violations = violationsOfFaults(body, faults);
  for (const element of elements) {
    if (violations.length >= MAX_VIOLATIONS) break;
    violations.push(...violationsOf(element));
  }
  if (violations.length > 0) return { outcome: 'invalid', violations: violations.slice(0, MAX_VIOLATIONS) };
  return { outcome: 'valid', cloudEvents: elements.map(cloudEventOf) };
}

/** Of an element without violations. */
function cloudEventOf({ document, json }: Element): ParsedCloudEvent {
  const { id, source, type, time } = document as Record<'id' | 'source' | 'type', string> & {
    time?: string | null;
  };
  return { id, source, type, time: time ?? undefined, json };
}

function violationsOf({ document, path }: Element): Violation[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return [{ pointer: jsonPointer(path), rule: 'type', detail: 'It must be an object.' }];
  }
  const { data, data_base64: base64, ...attributes } = document as CloudEventAttributes;
  const at = (name: string, broken: BrokenRule): Violation => ({
    pointer: jsonPointer([...path, name]),
    rule: broken.rule,
    detail: broken.detail,
  });
  const violations = brokenAttributes(attributes).map((broken) => at(broken.name, broken));
  const broken = brokenBase64(data, base64);
  if (broken !== undefined) violations.push(at('data_base64', broken));
  return violations;
}

const NO_BASE64 = /[^A-Za-z0-9+/]/;

function brokenBase64(data: unknown, base64: unknown): BrokenRule | undefined {
  if (base64 === undefined || base64 === null) return undefined;
  if (typeof base64 !== 'string') return { rule: 'type', detail: 'It must be a string.' };
  if (data !== undefined && data !== null) {
    return { rule: 'exclusive', detail: 'An event has either data or data_base64.' };
  }
  const digits = base64.slice(-2).endsWith('==') ? -2 : base64.endsWith('=') ? -1 : base64.length;
  const isBase64 = base64.length % 4 === 0 && !NO_BASE64.test(base64.slice(0, digits));
  return isBase64 ? undefined : { rule: 'base64', detail: 'It must be Base64 (RFC 4648), with its padding.' };
}

function refused(broken: BrokenRule): ParsedCloudEvents {
  return { outcome: 'invalid', violations: [{ pointer: '', ...broken }] };
}
