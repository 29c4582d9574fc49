import type { Figure, MeasureResult } from '../measure.ts';
import type { TakenMeasure } from '../run-measures.ts';

const HEADINGS = ['', 'measure', 'value', 'spread', 'limit', 'ratio', 'target', ''] as const;

/** The results as lines of text, a row each; a figure of several parts takes a row for each part. */
export function tableLines(taken: readonly TakenMeasure[], { quick }: { readonly quick: boolean }): string[] {
  const rows = [HEADINGS, ...taken.flatMap((one) => rowsOf(one, quick))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...taken.flatMap(problemLines)];
}

type Row = readonly string[];

function rowsOf({ measure, result }: TakenMeasure, quick: boolean): Row[] {
  const verdict = verdictOf(result, quick);
  const head = [measure.id, measure.what];
  const tail = [measure.target, verdict];
  const { value, limit, ratio, ratios, spread } = result;
  const names = namesOf(value);
  if (names === undefined) {
    return [[...head, withUnit(value, result), spreadText(spread), text(limit), text(ratio), ...tail]];
  }
  const parts = names.map((name) => [
    '',
    `  ${name}`,
    withUnit(partOf(value, name), result),
    spreadText(spreadPart(spread, name)),
    text(partOf(limit, name)),
    text(partOf(ratios ?? ratio, name)),
    '',
    '',
  ]);
  return [[...head, '', '', '', typeof ratio === 'number' ? text(ratio) : '', ...tail], ...parts];
}

function verdictOf({ exact, met }: MeasureResult, quick: boolean): string {
  if (!exact) return 'FAILED';
  if (quick || met === undefined) return 'exact';
  return met ? 'exact, met' : 'exact, missed';
}

function problemLines({ measure, result }: TakenMeasure): string[] {
  return result.problems.map((problem) => `${measure.id}: ${problem}`);
}

function namesOf(figure: Figure | undefined): readonly string[] | undefined {
  return typeof figure === 'object' && figure !== null ? Object.keys(figure) : undefined;
}

function partOf(figure: Figure | undefined, name: string): number | null | undefined {
  return typeof figure === 'object' && figure !== null ? figure[name] : undefined;
}

function spreadPart(spread: MeasureResult['spread'], name: string) {
  return spread === undefined || isSpread(spread) ? undefined : spread[name];
}

function isSpread(spread: NonNullable<MeasureResult['spread']>): spread is readonly [number, number] {
  return Array.isArray(spread);
}

function spreadText(spread: MeasureResult['spread']): string {
  return spread !== undefined && isSpread(spread) ? spread.map(text).join('–') : '';
}

function withUnit(figure: Figure | undefined, { unit }: MeasureResult): string {
  return typeof figure === 'number' ? `${text(figure)} ${unit}` : text(figure);
}

function text(figure: Figure | undefined): string {
  if (typeof figure === 'number') return figure.toLocaleString('en-US', { maximumFractionDigits: 3 });
  return figure === null ? '–' : '';
}
