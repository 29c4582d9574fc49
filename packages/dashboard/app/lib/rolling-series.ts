/** Values at moments, the newest last. `null` marks a gap. */
export interface RollingSeries {
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  /** One row for each name, as long as `times`. */
  readonly rows: readonly (readonly (number | null)[])[];
}

export const emptySeries = (names: number): RollingSeries => ({
  times: [],
  rows: Array.from({ length: names }, () => []),
});

export interface SeriesLimits {
  /** What is older than this, counted from the newest, is forgotten. */
  readonly keepSeconds: number;
  /** A longer silence is shown as a gap and not bridged by a line. */
  readonly gapSeconds: number;
}

/** The series with one more moment. One that is not later than the newest changes nothing: the clock went back. Pure. */
export function appendPoint(
  series: RollingSeries,
  point: { readonly time: number; readonly values: readonly number[] },
  { keepSeconds, gapSeconds }: SeriesLimits,
): RollingSeries {
  const newest = series.times.at(-1);
  if (newest !== undefined && point.time <= newest) return series;
  const isGap = newest !== undefined && point.time - newest > gapSeconds;
  const first = series.times.findIndex((time) => time >= point.time - keepSeconds);
  const from = first === -1 ? series.times.length : first;
  const gap = isGap && from < series.times.length ? [(newest + point.time) / 2] : [];
  return {
    times: [...series.times.slice(from), ...gap, point.time],
    rows: series.rows.map((row, at) => [
      ...row.slice(from),
      ...gap.map(() => null),
      point.values[at] ?? null,
    ]),
  };
}

/** Rows piled up: each is the sum of itself and those before it. A gap in one is a gap in all. */
export function stack(rows: RollingSeries['rows']): (number | null)[][] {
  const sums: (number | null)[][] = [];
  for (const row of rows) {
    const below = sums.at(-1);
    sums.push(
      row.map((value, at) => (value === null || below?.[at] === null ? null : value + (below?.[at] ?? 0))),
    );
  }
  return sums;
}

/**
 * Sums without those to which a row adds nothing for a while: a line that lies on the one below would hide it, and say
 * that there is something.
 */
export function withoutFlat(
  sums: readonly (readonly (number | null)[])[],
  rows: RollingSeries['rows'],
): (number | null)[][] {
  const adds = (row: readonly (number | null)[], at: number): boolean => (row[at] ?? 0) > 0;
  return sums.map((sum, index) => {
    const row = rows[index] ?? [];
    if (index === 0) return [...sum];
    return sum.map((value, at) => (adds(row, at - 1) || adds(row, at) || adds(row, at + 1) ? value : null));
  });
}

/** What the last `seconds` were on average, in steps, the newest first: what a chart shows, for those who cannot see it. */
export function averages(
  { times, rows }: RollingSeries,
  { stepSeconds, steps }: { readonly stepSeconds: number; readonly steps: number },
): { readonly from: number; readonly to: number; readonly values: readonly number[] }[] {
  const newest = times.at(-1);
  if (newest === undefined) return [];
  const end = Math.ceil(newest / stepSeconds) * stepSeconds;
  const table = [];
  for (let step = 0; step < steps; step += 1) {
    const to = end - step * stepSeconds;
    const from = to - stepSeconds;
    const within = times.flatMap((time, at) => (time > from && time <= to ? [at] : []));
    const values = rows.map((row) => mean(within.flatMap((at) => row[at] ?? [])));
    if (values.every((value) => value !== undefined)) table.push({ from, to, values });
  }
  return table;
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The least of some round numbers times a power of ten that is not below: where an axis may end. At least `least`. */
export function axisEnd(highest: number, least: number): number {
  const wanted = Math.max(highest, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step =
    [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10;
  return step * power;
}
