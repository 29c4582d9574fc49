import type { Violation } from './problem.ts';
import { isTimestamp } from './timestamp.ts';
import { BROKEN_TIMESTAMP, type BrokenRule, brokenName } from './violations.ts';

/** The attributes of a CloudEvent by name. Those that are undefined or null are absent, as the JSON format has it. */
export type CloudEventAttributes = Readonly<Record<string, unknown>>;

/** An attribute that breaks a rule. */
export interface BrokenAttribute extends Omit<Violation, 'pointer'> {
  readonly name: string;
}

const REQUIRED = ['specversion', 'id', 'source', 'type'];

type Rule = (value: string) => BrokenRule | undefined;

const notEmpty: Rule = (value) =>
  value === '' ? { rule: 'min-length', detail: 'It must not be empty.' } : undefined;

/** Anything but the characters of RFC 3986, or a percent sign that begins no escape. */
const NO_URI_CHARACTER = /[^!#-;=?-Z[\]_a-z~]|%(?![0-9A-Fa-f]{2})/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const URI_REFERENCE: BrokenRule = {
  rule: 'uri-reference',
  detail:
    'It must be a URI reference (RFC 3986): without spaces, and other characters than ASCII percent-encoded.',
};
const uriReference: Rule = (value) => (NO_URI_CHARACTER.test(value) ? URI_REFERENCE : undefined);

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}[ \\t]*(?:;|$)`);

const RULES: Readonly<Record<string, Rule>> = {
  specversion: (value) =>
    value === '1.0'
      ? undefined
      : { rule: 'specversion', detail: 'It must be 1.0: no other version is taken.' },
  id: notEmpty,
  source: (value) => brokenName(value) ?? uriReference(value),
  type: brokenName,
  time: (value) => (isTimestamp(value) ? undefined : BROKEN_TIMESTAMP),
  subject: notEmpty,
  datacontenttype: (value) =>
    MEDIA_TYPE.test(value)
      ? undefined
      : { rule: 'media-type', detail: 'It must be a media type, such as application/json.' },
  dataschema: (value) =>
    SCHEME.test(value) && !NO_URI_CHARACTER.test(value)
      ? undefined
      : { rule: 'uri', detail: 'It must be a URI (RFC 3986), with its scheme.' },
};

/** What CloudEvents forbids in strings. */
const SURELY_ALLOWED = /^[ -~]*$/; // found out many times faster than classes of Unicode
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const EXTENSION_NAME = /^[a-z0-9]+$/;
const MAX_INTEGER = 2 ** 31;

/**
 * Checks the attributes of a CloudEvent by its specification, version 1.0.2: those that are required, the names of all,
 * and the types of their values. Beyond that: type and source may have no more characters than a topic.
 */
export function brokenAttributes(attributes: CloudEventAttributes): BrokenAttribute[] {
  const missing = REQUIRED.filter((name) => isAbsent(attributes, name));
  const broken: BrokenAttribute[] = missing.map((name) => ({
    name,
    rule: 'required',
    detail: 'It is required.',
  }));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    const rule = brokenAttribute(name, value);
    if (rule !== undefined) broken.push({ name, ...rule });
  }
  return broken;
}

function isAbsent(attributes: CloudEventAttributes, name: string): boolean {
  return !Object.hasOwn(attributes, name) || attributes[name] === undefined || attributes[name] === null;
}

function brokenAttribute(name: string, value: unknown): BrokenRule | undefined {
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule === undefined && !EXTENSION_NAME.test(name)) {
    return {
      rule: 'attribute-name',
      detail: 'The name of an attribute has only small letters (a to z) and digits.',
    };
  }
  if (typeof value === 'string') return forbidden(value) ?? rule?.(value);
  if (rule !== undefined) return { rule: 'type', detail: 'It must be a string.' };
  if (typeof value === 'boolean' || isInteger(value)) return undefined;
  return { rule: 'type', detail: 'It must be a string, a boolean, or an integer of 32 bits.' };
}

function forbidden(value: string): BrokenRule | undefined {
  if (SURELY_ALLOWED.test(value) || !FORBIDDEN.test(value)) return undefined;
  return {
    rule: 'character',
    detail: 'It must not have control characters, noncharacters of Unicode, or halves of surrogate pairs.',
  };
}

function isInteger(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= -MAX_INTEGER && (value as number) < MAX_INTEGER;
}
