/** Lengths of time that can be asked for by name, up to now. */
export const RANGES = {
  '15m': { label: 'Last 15 minutes', seconds: 900 },
  '1h': { label: 'Last hour', seconds: 3_600 },
  '24h': { label: 'Last 24 hours', seconds: 86_400 },
  '7d': { label: 'Last 7 days', seconds: 604_800 },
} as const;

export type RangeName = keyof typeof RANGES;

export const isRangeName = (text: string): text is RangeName => Object.hasOwn(RANGES, text);

/** Where a range begins, as RFC 3339 in UTC. */
export function startOf(range: RangeName, now: Date): string {
  return new Date(now.getTime() - RANGES[range].seconds * 1_000).toISOString();
}

/**
 * What a `datetime-local` field holds, in the reader's time zone, as an instant: RFC 3339 in UTC. Undefined for what
 * is no date.
 */
export function instantOf(local: string): string | undefined {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) || time.getFullYear() > 9_999 ? undefined : time.toISOString();
}

/** The reverse: an instant as the field takes it, to the second or, where it has them, the millisecond. */
export function localOf(instant: string): string {
  const time = new Date(instant);
  if (Number.isNaN(time.getTime())) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const milliseconds = time.getMilliseconds();
  const fraction = milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0')}`;
  return `${date}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}${fraction}`;
}
