import type { IncomingMessage } from 'node:http';
import { type BrokenAttribute, brokenAttributes, type Violation } from '@oncelog/event-schema';

/** The attributes of a CloudEvent in binary mode. All are strings. */
type HeaderAttributes = Readonly<Record<string, string>>;

export type ParsedHeaders =
  | { outcome: 'valid'; attributes: HeaderAttributes }
  | { outcome: 'invalid'; violations: Violation[] };

const PREFIX = 'ce-';
/** It is the Content-Type in binary mode, and may not be a header beside it. */
const CONTENT_TYPE = 'datacontenttype';

type Broken = Pick<Violation, 'rule' | 'detail'>;
const REPEATED: Broken = { rule: 'repeated', detail: 'It may be given once.' };
type Decoded = { value: string } | { broken: Broken };

/**
 * Reads the attributes of a CloudEvent from the headers of a request, as its HTTP binding, version 1.0.2, has it (section
 * 3.1.3): the names are those of the headers without `ce-`, the values are percent-encoded UTF-8, or quoted, as older
 * versions had them. In order of their names, so that the same event is the same text.
 */
export function parseAttributes({ headers, headersDistinct }: IncomingMessage): ParsedHeaders {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  const violations: Violation[] = [];
  for (const [header, values] of Object.entries(headersDistinct).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = header.slice(PREFIX.length);
    if (!header.startsWith(PREFIX) || values === undefined) continue;
    const decoded = decode(name, values);
    if ('broken' in decoded) violations.push({ pointer: `/headers/${header}`, ...decoded.broken });
    else attributes[name] = decoded.value;
  }
  const type = headers['content-type']; // two of them were refused before
  if (type !== undefined) attributes[CONTENT_TYPE] = type;
  const undecoded = new Set(violations.map(({ pointer }) => pointer));
  const broken = brokenAttributes(attributes).map(inHeader);
  violations.push(...broken.filter(({ pointer }) => !undecoded.has(pointer)));
  return violations.length === 0 ? { outcome: 'valid', attributes } : { outcome: 'invalid', violations };
}

function inHeader({ name, rule, detail }: BrokenAttribute): Violation {
  const header = name === CONTENT_TYPE ? 'content-type' : `${PREFIX}${name}`;
  return { pointer: `/headers/${header}`, rule, detail };
}

function decode(name: string, values: readonly string[]): Decoded {
  const [value = '', ...others] = values;
  if (others.length > 0) return { broken: REPEATED };
  if (name === CONTENT_TYPE) {
    return refused('content-type', 'In binary mode the Content-Type says what type the data has.');
  }
  if (name === 'data') return refused('attribute-name', 'In binary mode the data is the body.');
  return decodeValue(value);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;

function decodeValue(value: string): Decoded {
  if (!PRINTABLE_ASCII.test(value)) {
    return refused('ascii', 'It must be printable ASCII; other characters are percent-encoded, as UTF-8.');
  }
  const unquoted = QUOTED.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value;
  const broken = refused(
    'percent-encoding',
    'It must be percent-encoded UTF-8: a percent sign is written %25.',
  );
  if (BROKEN_ESCAPE.test(unquoted)) return broken;
  try {
    return { value: decodeURIComponent(unquoted) };
  } catch {
    return broken; // bytes that are not UTF-8
  }
}

function refused(rule: string, detail: string): Decoded {
  return { broken: { rule, detail } };
}
