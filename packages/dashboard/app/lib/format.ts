const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });
const year = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' });

/** What stands where a figure is not known. */
export const UNKNOWN = '–';

/** A whole number: `20,000`. */
export const formatCount = (count: number): string => whole.format(count);

/** A whole number where there is little room: `1.23M`. Below 100,000 every digit. */
export const formatShortCount = (count: number): string =>
  Math.abs(count) < 100_000 ? whole.format(count) : short.format(count);

/** Something a second: one decimal below ten, so that a trickle is not shown as nothing. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '< 0.1';
  return perSecond < 9.95 ? oneDecimal.format(perSecond) : whole.format(perSecond);
}

/** A share of a whole; unknown where the whole is nothing. */
export const formatShare = (part: number, of: number): string =>
  of === 0 ? UNKNOWN : percent.format(part / of).replace('%', ' %');

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in the largest unit that leaves at least one: `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_023.95 && unit < BYTE_UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? whole.format(value) : oneDecimal.format(value)} ${BYTE_UNITS[unit]}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds in at most two units: `0.4 s`, `12 s`, `3 min 4 s`, `2 h 5 min`, `3 d 1 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.05) return '0 s';
  if (seconds < 9.95) return `${oneDecimal.format(seconds)} s`;
  const total = Math.round(seconds);
  if (total < MINUTE) return `${total} s`;
  if (total < HOUR) return twoUnits(total, [MINUTE, 'min'], [1, 's']);
  if (total < DAY) return twoUnits(total, [HOUR, 'h'], [MINUTE, 'min']);
  return twoUnits(total, [DAY, 'd'], [HOUR, 'h']);
}

type Unit = readonly [seconds: number, name: string];

function twoUnits(total: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((total % large) / small);
  const first = `${whole.format(Math.floor(total / large))} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** Seconds in the largest unit that leaves at least one: `5 h`. */
export const formatAge = (seconds: number): string =>
  formatDuration(seconds).split(' ').slice(0, 2).join(' ');

/** How long ago, in whole seconds: `now`, `12 s ago`. */
export function formatAgo(seconds: number): string {
  return seconds < 1
    ? 'now'
    : `${formatDuration(seconds < 10 ? Math.floor(seconds) : seconds).replace('.0', '')} ago`;
}

/** `14:03:22`, in the reader's time zone. */
export const formatClock = (time: Date): string => clock.format(time);

/** The clock, with the day before it where that is not today, and the year where that is not this one. */
export function formatTime(timestamp: string, now: Date): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return timestamp;
  if (time.toDateString() === now.toDateString()) return clock.format(time);
  const date = time.getFullYear() === now.getFullYear() ? day.format(time) : year.format(time);
  return `${date}, ${clock.format(time)}`;
}

/** The same instant as the server wrote it, in UTC to the last digit: for a title. */
export const formatUtc = (timestamp: string): string =>
  timestamp.replace('T', ' ').replace(/(?:\+00:00|Z)$/, ' UTC');
