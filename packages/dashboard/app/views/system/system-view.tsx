import type { LiveStream } from '@oncelog/event-schema';
import { useEffect } from 'preact/hooks';
import { endpoint } from '../../data/api.ts';
import { lastAudit, runAudit } from '../../data/audit.ts';
import { status } from '../../data/live.ts';
import { formatBytes, formatDuration, UNKNOWN } from '../../lib/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { Card, Skeleton } from '../../ui/parts.tsx';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Fact } from '../overview/backlog-card.tsx';
import { AuditCard } from '../shared/audit-card.tsx';
import { ConsumersCard } from '../shared/consumers-card.tsx';
import { HealthCard } from '../shared/health-card.tsx';

const LINKS = [
  { path: 'docs', label: 'API documentation', about: 'Every endpoint, with a form to try it' },
  { path: 'openapi.json', label: 'OpenAPI', about: 'The same for programs and generators' },
  { path: 'metrics', label: 'Metrics', about: 'For Prometheus, in its text format' },
  { path: 'stats', label: 'Statistics', about: 'The exact figures as JSON' },
];

/** How the parts are, and whether their books agree. */
export function SystemView() {
  useEffect(() => {
    if (lastAudit.value === undefined) void runAudit({ full: false });
  }, []);
  return (
    <div class="page">
      <ViewHeader title="System">
        <p class="muted small" data-testid="version">
          oncelog {status.value?.version ?? UNKNOWN}
        </p>
      </ViewHeader>
      <div class="grid halves">
        <HealthCard />
        <StreamsCard />
      </div>
      <div class="grid halves">
        <ConsumersCard />
        <Card title="Interfaces" class="interfaces">
          <ul class="rows">
            {LINKS.map(({ path, label, about }) => (
              <li key={path} class="linked">
                <div>
                  <a class="row-title row-link" href={endpoint(path)}>
                    {label}
                  </a>
                  <p class="muted small">{about}</p>
                </div>
                <Icon name="external" size={15} />
              </li>
            ))}
          </ul>
        </Card>
      </div>
      <AuditCard checks />
    </div>
  );
}

function StreamsCard() {
  const stream = status.value?.stream;
  const oldest = stream?.oldest_unapplied_seconds;
  return (
    <Card title="Streams" testId="streams" class="streams">
      <dl class="facts three">
        <Fact id="shards" label="Shards" value={stream?.shards} />
        <Fact id="stream-lag" label="Entries not read" value={stream?.lag_entries} />
        <Fact id="stream-pending" label="Entries in hand" value={stream?.pending_entries} />
        <Fact id="stream-events" label="Events that wait" value={stream?.backlog_events} />
        <Fact id="stream-bytes" label="Bytes that wait" value={stream?.backlog_bytes} format={formatBytes} />
        <div>
          <dt>Oldest entry</dt>
          <dd>
            {status.value === undefined ? (
              <Skeleton width="3ch" />
            ) : oldest === undefined ? (
              UNKNOWN
            ) : oldest === null ? (
              'none waits'
            ) : (
              formatDuration(oldest)
            )}
          </dd>
        </div>
      </dl>
      <p class="note muted">{stateOf(stream)}</p>
    </Card>
  );
}

/** One line in any case: nothing below it moves. */
function stateOf(stream: LiveStream | null | undefined): string {
  if (stream === undefined) return 'Looking …';
  if (stream === null) return 'The streams cannot be read while Redis is away.';
  const entries = stream.lag_entries + stream.pending_entries;
  return entries === 0 ? 'Nothing waits: what was accepted is applied.' : 'Entries are being applied.';
}
