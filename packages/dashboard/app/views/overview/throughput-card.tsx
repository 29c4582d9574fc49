import { signal } from '@preact/signals';
import { CHART_SECONDS, throughput } from '../../data/live.ts';
import { navigate, route } from '../../data/router.ts';
import { formatClock, formatRate, UNKNOWN } from '../../lib/format.ts';
import { averages } from '../../lib/rolling-series.ts';
import { routeTo } from '../../lib/url-state.ts';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';
import { type ChartLine, TimeChart } from '../../ui/time-chart.tsx';

const OUTCOMES = [
  { key: 'unique', label: 'Unique', colour: '--unique' },
  { key: 'duplicate', label: 'Duplicates', colour: '--duplicate' },
  { key: 'dead-letter', label: 'Dead letters', colour: '--dead' },
] as const satisfies readonly (ChartLine & { key: string })[];

const HEIGHT = 248;
const TABLE = { stepSeconds: 10, steps: CHART_SECONDS / 10 };

/** The moment under the pointer, as an index into the series; shared by the charts. */
const hovered = signal<number>();

/** How many events a second, by what became of them. */
export function ThroughputCard() {
  const shown = route.value.view === 'overview' ? route.value : routeTo('overview');
  const isTable = shown.chart === 'table';
  const toggle = () => navigate({ ...shown, chart: isTable ? 'canvas' : 'table' }, { replace: true });
  return (
    <Card
      title="Throughput"
      testId="throughput"
      class="throughput"
      aside={
        <>
          <Moment />
          <button type="button" class="button small" aria-pressed={isTable} onClick={toggle}>
            <Icon name="table" size={14} />
            Show as table
          </button>
        </>
      }
    >
      <Legend />
      {isTable ? <ThroughputTable /> : <Chart />}
    </Card>
  );
}

function Chart() {
  const series = throughput.value;
  const latest = series.rows.map((row) => row.at(-1));
  const words = OUTCOMES.map(({ label }, at) => `${label.toLowerCase()} ${formatRate(latest[at] ?? 0)}`).join(
    ', ',
  );
  return (
    <div class="chart-box">
      <TimeChart
        series={series}
        lines={OUTCOMES}
        height={HEIGHT}
        leastEnd={10}
        seconds={CHART_SECONDS}
        label={`Throughput in events per second, the last minutes. Now: ${words}. The button before it shows it as a table.`}
        testId="throughput-chart"
        onHover={(index) => {
          hovered.value = index;
        }}
      />
      {series.times.length === 0 && <p class="chart-wait muted small">Waiting for the first figures …</p>}
    </div>
  );
}

/** The figures of the moment under the pointer, else the latest. */
function Legend() {
  const { times, rows } = throughput.value;
  const at = hovered.value !== undefined && hovered.value < times.length ? hovered.value : times.length - 1;
  const values = rows.map((row) => row[at] ?? undefined);
  const known = values.filter((value) => value !== undefined);
  const total = known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
  return (
    <dl class="legend">
      {OUTCOMES.map(({ key, label }, index) => (
        <div key={key} class={`legend-item ${key}`}>
          <dt>{label}</dt>
          <dd data-testid={`legend-${key}`}>{perSecond(values[index])}</dd>
        </div>
      ))}
      <div class="legend-item total">
        <dt>Total</dt>
        <dd>{perSecond(total)}</dd>
      </div>
    </dl>
  );
}

/** Of which moment the legend speaks. */
function Moment() {
  const { times } = throughput.value;
  const time = hovered.value === undefined ? undefined : times[hovered.value];
  return (
    <span class="moment muted small" aria-hidden="true">
      {time === undefined ? 'events/s' : formatClock(new Date(time * 1_000))}
    </span>
  );
}

const perSecond = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : `${formatRate(value)}/s`;

function ThroughputTable() {
  const steps = averages(throughput.value, TABLE);
  return (
    <Scroller label="Throughput as a table" height={HEIGHT}>
      <table>
        <caption class="visually-hidden">Throughput, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {OUTCOMES.map(({ key, label }) => (
              <th scope="col" class="number" key={key}>
                {label}/s
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map(({ from, to, values }) => (
            <tr key={from}>
              <th scope="row">
                {formatClock(new Date(from * 1_000))} – {formatClock(new Date(to * 1_000))}
              </th>
              {values.map((value, at) => (
                <td class="number" key={OUTCOMES[at]?.key}>
                  {formatRate(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
