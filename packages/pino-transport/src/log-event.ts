import { type EventInput, rawJson } from '@oncelog/client';

export interface Naming {
  /** Topic of the lines, unless {@link topicKey} gives another. */
  readonly topic: string;
  /** Property of a log object whose text is the line's topic. */
  readonly topicKey: string | undefined;
  /** Source of the lines; undefined: the logger's name, else {@link hostname}. */
  readonly source: string | undefined;
  readonly hostname: string;
  /** Milliseconds since the epoch, for lines that do not say when. */
  readonly now: () => number;
}

/** Names are 1 to 255 characters. */
const MAX_NAME_CHARACTERS = 255;

/** RFC 3339 with an offset, as the gateway takes it; a date that the calendar has not is left to {@link timestampOf}. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * The event of a line. The payload is the line's own text: what is in it, and every digit of its numbers, is as the application
 * logged it; but see {@link storable}. A line that is no JSON object becomes `{"msg": line}`.
 */
export function logEvent(text: string, naming: Naming): EventInput {
  const line = storable(text);
  const log = parseObject(line);
  return {
    topic: nameIn(log, naming.topicKey) ?? naming.topic,
    source: naming.source ?? nameIn(log, 'name') ?? naming.hostname,
    timestamp: timestampOf(log?.['time'], naming.now()),
    payload: log === undefined ? { msg: line.replaceAll('\0', '\ufffd') } : rawJson(line),
  };
}

/** A pair of escapes that is one character; or one that is none, or that Postgres cannot hold; or any other escape. */
const ESCAPES =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))|\\./g;

/** The gateway refuses U+0000 and half a surrogate pair. Of a log line the rest is worth more: they become U+FFFD. */
function storable(line: string): string {
  if (!line.includes('\\u')) return line;
  return line.replace(ESCAPES, (found, broken: string | undefined) =>
    broken === undefined ? found : '\\ufffd',
  );
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A property that can be a name. What cannot would have the whole line refused. */
function nameIn(log: Record<string, unknown> | undefined, key: string | undefined): string | undefined {
  const value = key === undefined ? undefined : log?.[key];
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_CHARACTERS
    ? value
    : undefined;
}

/** pino writes milliseconds since the epoch; `pino.stdTimeFunctions` also make ISO texts, seconds and nothing. */
function timestampOf(time: unknown, nowMs: number): string {
  if (typeof time === 'string' && RFC_3339.test(time) && !Number.isNaN(Date.parse(time))) return time;
  const ms = typeof time === 'number' ? milliseconds(time) : nowMs;
  const date = new Date(ms);
  const year = date.getUTCFullYear(); // NaN where the number is no time
  return (year >= 1 && year <= 9999 ? date : new Date(nowMs)).toISOString();
}

/** A number below this is of seconds: as milliseconds it would lie before 1973. */
const LEAST_MS = 1e11;

function milliseconds(time: number): number {
  return time < LEAST_MS ? time * 1_000 : time;
}
