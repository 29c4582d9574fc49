import Table from 'cli-table3';
import type { Paint } from './paint.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Where the table is too wide: those with a smaller number are shortened first. Without one: never. */
  readonly shrink?: number;
}

export interface TableStyle {
  /** Of the terminal; `Infinity` where there is none: then nothing is shortened. */
  readonly width: number;
  readonly paint: Paint;
}

const GAP = 2;
/** What remains of a column that is shortened; on a very narrow terminal the second. */
const LEAST_WIDTHS = [8, 3];
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' '.repeat(GAP),
} as const;
const COMPACT = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };

/** A table without lines, as wide as its contents or as the terminal. Cells must be clean: one line, no controls. */
export function table(columns: readonly Column[], rows: readonly string[][], style: TableStyle): string {
  const { width, paint } = style;
  const head = columns.map(({ title }) => title);
  const colAligns = columns.map(({ align = 'left' }) => align);
  const colWidths = fitted(columns, naturalWidths(head, rows), width);
  const drawn = new Table({
    head: head.map((title) => paint('dim', title)),
    colAligns,
    colWidths,
    chars: NO_BORDERS,
    style: COMPACT,
  });
  drawn.push(...rows);
  return `${withoutTrailingSpace(drawn.toString())}\n`;
}

/** Widths are those of the terminal's cells, as the library counts them: it draws the lines that are measured. */
function naturalWidths(head: readonly string[], rows: readonly string[][]): number[] {
  const measured = new Table({ head: [...head], style: COMPACT });
  measured.push(...rows);
  const [top = ''] = measured.toString().split('\n');
  return top
    .slice(1, -1)
    .split('┬')
    .map((line) => line.length);
}

function fitted(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = widths.reduce((sum, one) => sum + one, 0) + GAP * (widths.length - 1);
  let excess = total - width;
  const order = columns
    .map(({ shrink }, index) => ({ shrink, index }))
    .filter(({ shrink }) => shrink !== undefined)
    .sort((a, b) => (a.shrink ?? 0) - (b.shrink ?? 0));
  for (const least of LEAST_WIDTHS) {
    for (const { index } of order) {
      const own = widths[index] ?? 0;
      const taken = Math.max(0, Math.min(excess, own - least));
      widths[index] = own - taken;
      excess -= taken;
    }
  }
  return widths;
}

function withoutTrailingSpace(text: string): string {
  return text.replaceAll(/ +$/gm, '');
}

/** Names and values under each other, for one thing. */
export function details(pairs: readonly (readonly [name: string, value: string])[], paint: Paint): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${value}\n`).join('');
}
