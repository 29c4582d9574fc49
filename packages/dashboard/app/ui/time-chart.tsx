import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { isDark } from '../data/theme.ts';
import { formatClock, formatShortCount } from '../lib/format.ts';
import { axisEnd, type RollingSeries, stack, withoutFlat } from '../lib/rolling-series.ts';

export interface ChartLine {
  readonly label: string;
  /** Name of the custom property with its colour: `--unique`; that of its area is `--unique-fill`. */
  readonly colour: string;
}

interface TimeChartProps {
  readonly series: RollingSeries;
  /** One for each row, from the ground up. */
  readonly lines: readonly ChartLine[];
  readonly height: number;
  /** The axis reaches at least so far: a trickle must not look like a flood. */
  readonly leastEnd: number;
  /** How far back it goes when there is enough, s. */
  readonly seconds: number;
  /** What it shows, in a sentence. */
  readonly label: string;
  readonly testId: string;
  /** Index of the moment under the pointer. */
  readonly onHover?: (index: number | undefined) => void;
}

/** At first there is room for so much, filled from the left: five minutes of nothing tell nothing. */
const FIRST_SECONDS = 60;
const LABEL_PX = 56;
/** Steps of the axis: whole ones, since events are. */
const INCREMENTS = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();
const FONT =
  '11px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** Areas on top of one another, over the last minutes. Charts on a page share the pointer's moment. */
export function TimeChart({
  series,
  lines,
  height,
  leastEnd,
  seconds,
  label,
  testId,
  onHover,
}: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const hover = useRef(onHover);
  hover.current = onHover;
  const dark = isDark();
  // what the chart is made of never changes while it is shown
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf({
        lines,
        height,
        width: element.clientWidth,
        leastEnd,
        onHover: (at) => hover.current?.(at),
      }),
      [[], ...lines.map(() => [])],
      element,
    );
    chart.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    const newest = series.times.at(-1) ?? Date.now() / 1_000;
    const oldest = series.times[0] ?? newest;
    const min = Math.max(oldest, newest - seconds);
    const max = Math.max(newest, min + FIRST_SECONDS);
    const drawn = [
      series.times,
      ...withoutFlat(stack(series.rows), series.rows),
    ] as unknown as uPlot.AlignedData;
    chart.current?.batch(() => {
      chart.current?.setData(drawn, false);
      chart.current?.setScale('x', { min, max });
    });
  }, [series, seconds]);
  // colours are read anew when the theme has changed
  useEffect(() => {
    chart.current?.redraw(false, true);
  }, [dark]);

  return (
    <div
      class="chart"
      ref={box}
      role="img"
      aria-label={label}
      data-testid={testId}
      style={{ height: `${height}px` }}
    />
  );
}

interface ChartOptions extends Pick<TimeChartProps, 'lines' | 'height' | 'leastEnd'> {
  readonly width: number;
  readonly onHover: (index: number | undefined) => void;
}

function optionsOf({ lines, height, width, leastEnd, onHover }: ChartOptions): uPlot.Options {
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: 'oncelog' },
      points: { size: 6, width: 1.5, fill: (self, at) => strokeOf(self, lines[at - 1]) },
    },
    hooks: {
      setCursor: [(self) => onHover(self.cursor.idx ?? undefined)],
    },
    scales: {
      x: { time: true, auto: false },
      y: { range: (_self, _min, max) => [0, axisEnd(max ?? 0, leastEnd)] },
    },
    axes: [
      {
        stroke: (self) => colourOf(self, '--muted'),
        grid: { show: false },
        ticks: { show: false },
        font: FONT,
        size: 26,
        gap: 6,
        space: 60,
        values: (self, splits) =>
          splits.map((split) => (fits(self, split) ? formatClock(new Date(split * 1_000)) : '')),
      },
      {
        stroke: (self) => colourOf(self, '--muted'),
        grid: { stroke: (self) => colourOf(self, '--grid'), width: 1 },
        ticks: { show: false },
        font: FONT,
        size: 52,
        gap: 8,
        space: 36,
        incrs: INCREMENTS,
        values: (_self, splits) => splits.map((split) => formatShortCount(split)),
      },
    ],
    // the area between a line and the one below it; the lowest stands on the ground
    bands: lines.slice(1).map((line, at) => ({
      series: [at + 2, at + 1] as [number, number],
      fill: (self: uPlot) => fillOf(self, line),
    })),
    series: [
      {},
      ...lines.map((line, at) => ({
        label: line.label,
        width: 1.5,
        points: { show: false },
        stroke: (self: uPlot) => strokeOf(self, line),
        ...(at === 0 ? { fill: (self: uPlot) => fillOf(self, line) } : {}),
      })),
    ],
  };
}

/** Whether a label at this moment has room to both sides. */
function fits(self: uPlot, time: number): boolean {
  const { min = 0, max = 0 } = self.scales['x'] ?? {};
  const room = ((max - min) * LABEL_PX) / 2 / Math.max(1, self.width);
  return time - min > room && max - time > room / 2;
}

const strokeOf = (self: uPlot, line: ChartLine | undefined): string =>
  colourOf(self, line?.colour ?? '--text');
const fillOf = (self: uPlot, line: ChartLine): string => colourOf(self, `${line.colour}-fill`);

function colourOf(self: uPlot, property: string): string {
  return getComputedStyle(self.root).getPropertyValue(property).trim();
}
