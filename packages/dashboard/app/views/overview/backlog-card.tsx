import type { ComponentChildren } from 'preact';
import { backlog, CHART_SECONDS, status } from '../../data/live.ts';
import { formatBytes, formatCount, formatDuration, UNKNOWN } from '../../lib/format.ts';
import { Card, Skeleton } from '../../ui/parts.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';

const LINES = [{ label: 'Events that wait', colour: '--waiting' }];

/** What waits: how much, and how long already. */
export function BacklogCard() {
  const stream = status.value?.stream;
  const waiting = stream?.backlog_events ?? undefined;
  const oldest = stream?.oldest_unapplied_seconds;
  return (
    <Card title="Backlog" testId="backlog" class="backlog">
      <div class="backlog-head">
        <Part id="backlog-events" value={waiting} label="events wait">
          {formatCount(waiting ?? 0)}
        </Part>
        <Part id="oldest-age" value={stream === undefined ? undefined : (oldest ?? 0)} label="oldest entry">
          {oldest === null ? 'none' : formatDuration(oldest ?? 0)}
        </Part>
      </div>
      <TimeChart
        series={backlog.value}
        lines={LINES}
        height={132}
        leastEnd={100}
        seconds={CHART_SECONDS}
        label={`Backlog over the last minutes. Now ${formatCount(waiting ?? 0)} events wait.`}
        testId="backlog-chart"
      />
      <dl class="facts three">
        <Fact id="lag-entries" label="Not read yet" value={stream?.lag_entries} />
        <Fact id="pending-entries" label="In hand" value={stream?.pending_entries} />
        <Fact id="backlog-bytes" label="Size" value={stream?.backlog_bytes} format={formatBytes} />
      </dl>
    </Card>
  );
}

interface PartProps {
  readonly id: string;
  readonly label: string;
  readonly value: number | undefined;
  readonly children: ComponentChildren;
}

function Part({ id, label, value, children }: PartProps) {
  const isLoading = status.value === undefined;
  return (
    <p class="part" data-testid={id} data-value={value}>
      <span class="part-value">
        {isLoading ? <Skeleton width="3ch" /> : value === undefined ? UNKNOWN : children}
      </span>
      <span class="part-label">{label}</span>
    </p>
  );
}

interface FactProps {
  readonly id: string;
  readonly label: string;
  readonly value: number | undefined;
  readonly format?: (value: number) => string;
}

/** A figure with its name. */
export function Fact({ id, label, value, format = formatCount }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-testid={id} data-value={value}>
        {status.value === undefined ? (
          <Skeleton width="2ch" />
        ) : value === undefined ? (
          UNKNOWN
        ) : (
          format(value)
        )}
      </dd>
    </div>
  );
}
