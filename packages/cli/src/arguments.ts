import { type RawJson, rawJson } from '@oncelog/client';
import { InvalidArgumentError } from 'commander';

// Each reads the text of one argument, or throws an InvalidArgumentError: exit code 2, with the argument's name before it.

/** A whole number within bounds. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

const MAX_SECONDS = 2_000_000;

/** Seconds, above 0, perhaps with a fraction. */
export function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= MAX_SECONDS) return value;
  throw new InvalidArgumentError(`It must be a number of seconds above 0, at most ${MAX_SECONDS}.`);
}

/** An option that may be given several times. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** RFC 3339, which is left to the gateway to judge; or an age: `90s`, `15m`, `2h`, `7d` before `nowMs`. */
export function time(nowMs: number): (text: string) => string {
  return (text) => {
    const [, amount = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
    if (unit !== '') {
      const ms = nowMs - Number(amount) * (UNITS[unit] ?? 0) * 1000;
      if (ms < -62_135_596_800_000) throw new InvalidArgumentError('It lies before the year 1.');
      return new Date(ms).toISOString();
    }
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `${text}T00:00:00Z`;
    if (/^\d{4}-\d{2}-\d{2}[Tt ]/.test(text)) return text;
    throw new InvalidArgumentError(
      'It must be a time (2026-01-31T12:00:00Z), a day (2026-01-31, in UTC), or an age (90s, 15m, 2h, 7d).',
    );
  };
}

/** When something ends: a time or a day that is to come, or so long from now: `12h`, `90d`. */
export function futureTime(nowMs: number): (text: string) => string {
  return (text) => {
    const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
    const given = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
    const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(given);
    const atMs = unit === '' ? Date.parse(given) : nowMs + Number(amount) * (UNITS[unit] ?? 0) * 1000;
    if ((unit !== '' || isTime) && atMs > nowMs) return new Date(atMs).toISOString();
    throw new InvalidArgumentError(
      'It must be a time to come (2027-01-31T12:00:00Z), a day (2027-01-31, in UTC), or from now (12h, 90d).',
    );
  };
}

/** A JSON object, kept as it was written: numbers keep every digit. */
export function jsonObject(text: string): RawJson {
  try {
    const value = rawJson(text);
    if (/^\s*\{/.test(text)) return value;
  } catch {
    // said below
  }
  throw new InvalidArgumentError(`It must be a JSON object, as in '{"user":{"id":7}}'.`);
}

/** Leaves room in the gateway's 255 characters for what is appended to it. */
const MAX_KEY_CHARACTERS = 200;

/** What each batch's Idempotency-Key begins with. */
export function keyPrefix(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= MAX_KEY_CHARACTERS) return text;
  throw new InvalidArgumentError(`It must be 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters.`);
}

/** What identifies a dead letter. */
export function letterId(text: string, before: readonly string[] = []): string[] {
  if (/^[1-9]\d{0,18}$/.test(text)) return [...before, text];
  throw new InvalidArgumentError('It must be the number of a dead letter, as `dead-letters list` shows it.');
}
