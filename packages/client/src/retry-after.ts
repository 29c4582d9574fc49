/** RFC 9110 §5.6.7: the preferred form, and the two obsolete ones that a recipient must still understand. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * The wait that a Retry-After header asks for, from `nowMs` on: delay seconds or an HTTP date. 0 where there is
 * none, where it lies in the past, or where it is neither.
 */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  if (!HTTP_DATES.some((form) => form.test(header))) return 0;
  // The asctime form names no zone and means GMT; Date would take it for local time.
  const dateMs = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}
