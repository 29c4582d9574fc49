import { MAX_TIMESTAMP_FRACTION_DIGITS } from './limits.ts';

const SECONDS_PER_DAY = 86_400;
const DAYS_BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Postgres takes offsets up to ±15:59. */
const MAX_OFFSET_HOURS = 15;

/** Where the time starts: after `YYYY-MM-DDT`. */
const TIME_START = 11;

/** Where the fraction starts: after `YYYY-MM-DDTHH:MM:SS`. */
const SECONDS_END = 19;

const END_OF_YEAR_9999 = daysBefore(10_000, 1, 1) * SECONDS_PER_DAY;

/**
 * Whether the text is an RFC 3339 date-time that Postgres reads as the same instant.
 *
 *     2026-07-01T12:30:59.123456789+02:00     T and Z in either case, the offset is required
 *
 * The date must exist in the calendar. Second 60 is accepted in any minute, as Postgres does, and means the
 * first second of the next one; 23:59:60 only without a fraction of a microsecond or more, because Postgres
 * refuses a time beyond 24:00:00. The instant lies in the years 0001 to 9999 of UTC, also after Postgres has
 * rounded it to microseconds. Source of the grammar: RFC 3339, section 5.6.
 */
export function isTimestamp(text: string): boolean {
  const seconds = secondsOf(text);
  if (!(seconds >= 0 && seconds < END_OF_YEAR_9999)) return false;
  if (seconds === END_OF_YEAR_9999 - 1) return roundedMicroseconds(text) < 1_000_000;
  return !text.startsWith('23:59:60', TIME_START) || roundedMicroseconds(text) === 0;
}

/** Microseconds from 0001-01-01T00:00:00Z to a valid timestamp, rounded as Postgres rounds. */
export function microsecondsOf(timestamp: string): bigint {
  return BigInt(secondsOf(timestamp)) * 1_000_000n + BigInt(roundedMicroseconds(timestamp));
}

/** Whole seconds from 0001-01-01T00:00:00Z to the instant; NaN if the text is no date-time. */
function secondsOf(text: string): number {
  const seconds = dateSeconds(text) + timeSeconds(text);
  return seconds - offsetSeconds(text, fractionEnd(text));
}

function dateSeconds(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  if (text[4] !== '-' || text[7] !== '-') return Number.NaN;
  if (!(year >= 1 && month >= 1 && month <= 12)) return Number.NaN;
  if (!(day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  return daysBefore(year, month, day) * SECONDS_PER_DAY;
}

function timeSeconds(text: string): number {
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if ((text[10] !== 'T' && text[10] !== 't') || text[13] !== ':' || text[16] !== ':') return Number.NaN;
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  return hour * 3600 + minute * 60 + second;
}

function offsetSeconds(text: string, start: number): number {
  const sign = text[start];
  if (sign === 'Z' || sign === 'z') return text.length === start + 1 ? 0 : Number.NaN;
  if ((sign !== '+' && sign !== '-') || text[start + 3] !== ':') return Number.NaN;
  const hours = twoDigits(text, start + 1);
  const minutes = twoDigits(text, start + 4);
  if (!(hours <= MAX_OFFSET_HOURS && minutes <= 59) || text.length !== start + 6) return Number.NaN;
  const seconds = hours * 3600 + minutes * 60;
  return sign === '-' ? -seconds : seconds;
}

/** The index after the fraction, or -1 (where no offset is) if the fraction is empty or too long. */
function fractionEnd(text: string): number {
  if (text[SECONDS_END] !== '.') return SECONDS_END;
  let end = SECONDS_END + 1;
  while (isDigit(text.charCodeAt(end))) end += 1;
  const digits = end - SECONDS_END - 1;
  return digits >= 1 && digits <= MAX_TIMESTAMP_FRACTION_DIGITS ? end : -1;
}

function roundedMicroseconds(timestamp: string): number {
  const end = fractionEnd(timestamp);
  return end === SECONDS_END ? 0 : roundToEven(Number(timestamp.slice(SECONDS_END, end)) * 1e6);
}

/** C's `rint`, with which Postgres rounds: a half goes to the even neighbour. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + (ones - 48) : Number.NaN;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month] as number);
}

/** Days from 0001-01-01 in the proleptic Gregorian calendar, which RFC 3339 and Postgres use. */
function daysBefore(year: number, month: number, day: number): number {
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  const leapDay = month > 2 && isLeapYear(year) ? 1 : 0;
  return past * 365 + leapDays + (DAYS_BEFORE_MONTH[month] as number) + leapDay + day - 1;
}
