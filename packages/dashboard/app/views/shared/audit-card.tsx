import type { Audit, AuditCheck, LiveAudit } from '@oncelog/event-schema';
import { auditProblem, lastAudit, runAudit, running } from '../../data/audit.ts';
import { now } from '../../data/clock.ts';
import { status } from '../../data/live.ts';
import { formatAgo, formatCount } from '../../lib/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { Badge, Card, Skeleton } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';

type AuditState = 'consistent' | 'inconsistent' | 'unknown' | 'running' | 'error';

/** Whether rows, ledger, streams and counters agree; with `checks`, each comparison. */
export function AuditCard({ checks = false }: { readonly checks?: boolean }) {
  const known = latestOf(lastAudit.value, status.value?.audit ?? undefined);
  const state = stateOf(known);
  return (
    <Card
      title="Audit"
      testId="audit"
      state={state}
      class="audit"
      aside={
        <>
          <button
            type="button"
            class="button small"
            disabled={running.value !== undefined}
            onClick={() => void runAudit({ full: false })}
          >
            Run audit
          </button>
          <button
            type="button"
            class="button small"
            disabled={running.value !== undefined}
            onClick={() => void runAudit({ full: true })}
            title="Counts every row, not only those since the last checkpoint: some seconds for some millions"
          >
            Full audit
          </button>
        </>
      }
    >
      <ul class="rows">
        <li>
          <div>
            <p class="row-title">Rows, ledger, streams and counters</p>
            <p class="muted small">{detailOf(state, known)}</p>
          </div>
          <Verdict state={state} />
        </li>
        {!checks && state === 'inconsistent' && (
          <li>
            <p class="small">{failedOf(known).join('; ')}</p>
          </li>
        )}
      </ul>
      {checks && <Checks audit={lastAudit.value} />}
    </Card>
  );
}

type Known = Audit | LiveAudit;

/** What this page has asked for, or what the gateway has done since by itself. */
function latestOf(asked: Audit | undefined, live: LiveAudit | undefined): Known | undefined {
  if (asked === undefined || live === undefined) return asked ?? live;
  return live.checked_at > asked.checked_at ? live : asked;
}

function stateOf(known: Known | undefined): AuditState {
  if (running.value !== undefined) return 'running';
  if (auditProblem.value !== undefined) return 'error';
  if (known === undefined) return 'unknown';
  return known.consistent ? 'consistent' : 'inconsistent';
}

function Verdict({ state }: { readonly state: AuditState }) {
  switch (state) {
    case 'consistent':
      return <Badge tone="good">They agree</Badge>;
    case 'inconsistent':
      return <Badge tone="bad">They differ</Badge>;
    case 'error':
      return <Badge tone="warn">Failed</Badge>;
    case 'running':
      return <Badge tone="info">Counting …</Badge>;
    case 'unknown':
      return status.value === undefined ? <Skeleton width="6rem" /> : <Badge tone="quiet">Not run yet</Badge>;
  }
}

function detailOf(state: AuditState, known: Known | undefined): string {
  if (state === 'error') return auditProblem.value?.message ?? '';
  if (state === 'running') return running.value === 'full' ? 'Every row is counted.' : 'It takes a moment.';
  if (known === undefined) return 'It compares what was counted in four places.';
  const ago = formatAgo(Math.max(0, (now.value.getTime() - Date.parse(known.checked_at)) / 1_000));
  const rest = known.at_rest ? 'at rest' : 'while events moved';
  return `Checked ${ago}, ${rest}.`;
}

function failedOf(known: Known | undefined): readonly string[] {
  if (known === undefined) return [];
  if ('failed_checks' in known) return known.failed_checks;
  return known.checks.filter(({ holds }) => !holds).map(({ name }) => name);
}

function Checks({ audit }: { readonly audit: Audit | undefined }) {
  return (
    <Scroller label="Audit checks, scrollable" sideways>
      <table>
        <caption class="visually-hidden">Audit checks</caption>
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col" class="number">
              Left
            </th>
            <th scope="col" class="number">
              Right
            </th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {audit === undefined && <SkeletonRows />}
          {audit?.checks.map((check) => (
            <CheckRow key={check.name} check={check} />
          ))}
        </tbody>
      </table>
      {audit !== undefined && (
        <p class="note muted">
          <Icon name="clock" size={13} /> {formatCount(audit.figures.rows_counted)} rows counted in{' '}
          {formatCount(audit.duration_ms)} ms
          {audit.full ? ', all there are' : ', those since the last checkpoint'}.{' '}
          {formatCount(audit.figures.rows_stored)} events and {formatCount(audit.figures.ledger_batches)}{' '}
          batches are stored.
        </p>
      )}
    </Scroller>
  );
}

function CheckRow({ check: { name, holds, left, right, detail } }: { readonly check: AuditCheck }) {
  return (
    <tr data-testid="check-row" data-holds={String(holds)}>
      <th scope="row" class="formula">
        {name}
        {!holds && <p class="small detail">{detail}</p>}
      </th>
      <td class="number">{formatCount(left)}</td>
      <td class="number">{formatCount(right)}</td>
      <td>
        <Badge tone={holds ? 'good' : 'bad'}>{holds ? 'Holds' : 'Differs'}</Badge>
      </td>
    </tr>
  );
}

function SkeletonRows() {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((row) => (
    <tr key={row}>
      {['32ch', '6ch', '6ch', '6ch'].map((width, column) => (
        <td key={column} class={column === 1 || column === 2 ? 'number' : ''}>
          <Skeleton width={width} />
        </td>
      ))}
    </tr>
  ));
}
