import type { LiveStats } from '@oncelog/event-schema';
import { exactness, status } from '../../data/live.ts';
import type { Exactness } from '../../lib/exactness.ts';
import { formatCount, formatRate, formatShare, formatShortCount, UNKNOWN } from '../../lib/format.ts';
import { Icon } from '../../ui/icons.tsx';
import { Skeleton } from '../../ui/parts.tsx';

interface FigureProps {
  readonly name: string;
  readonly label: string;
  /** What stands before it in the sum. */
  readonly sign?: '=' | '+';
  readonly value: number | undefined;
  readonly rate?: number | undefined;
  readonly note?: string;
  readonly noteId?: string;
}

/** What was accepted, and what became of it: a sum in which every event is. */
export function Equation() {
  const stats = status.value?.stats ?? undefined;
  const rates = status.value?.rates ?? undefined;
  const waiting = exactness.value?.waiting;
  return (
    <section class="card equation" aria-label="Figures">
      <div class="figures">
        <Figure name="accepted" label="Accepted" value={stats?.accepted} rate={rates?.accepted} />
        <Figure name="unique" label="Unique" sign="=" value={stats?.unique_processed} rate={rates?.unique} />
        <Figure
          name="duplicates"
          label="Duplicates"
          sign="+"
          value={stats?.duplicate_dropped}
          rate={rates?.duplicate}
          note={stats === undefined ? UNKNOWN : formatShare(stats.duplicate_dropped, stats.received)}
          noteId="duplicate-rate"
        />
        <Figure
          name="dead-letters"
          label="Dead letters"
          sign="+"
          value={stats?.dead_lettered}
          rate={rates?.dead_letter}
        />
        <Figure
          name="in-flight"
          label="In flight"
          sign="+"
          value={stats === undefined ? undefined : waiting}
          note="not applied yet"
        />
      </div>
      <ExactnessLine stats={stats} />
    </section>
  );
}

function Figure({ name, label, sign, value, rate, note, noteId }: FigureProps) {
  const isLoading = status.value === undefined;
  return (
    <div class={`figure ${name}`} data-testid={`figure-${name}`} data-value={value}>
      {sign !== undefined && (
        <span class="figure-sign" aria-hidden="true">
          {sign === '=' && exactness.value !== undefined && exactness.value.state !== 'exact' ? '≈' : sign}
        </span>
      )}
      <span class="figure-label">{label}</span>
      <span class="figure-value" title={value === undefined ? undefined : formatCount(value)}>
        {isLoading ? <Skeleton width="4ch" /> : <Digits value={value} />}
      </span>
      <span class="figure-note">
        {name !== 'in-flight' && (
          <span data-testid={`rate-${name}`}>{rate === undefined ? UNKNOWN : `${formatRate(rate)}/s`}</span>
        )}
        {note !== undefined && (
          <span data-testid={noteId} class="figure-share">
            {note}
          </span>
        )}
      </span>
    </div>
  );
}

/** Billions in full do not fit anywhere: the line below has every digit. */
function Digits({ value }: { readonly value: number | undefined }) {
  if (value === undefined) return <>{UNKNOWN}</>;
  return <>{value < 1e9 ? formatCount(value) : formatShortCount(value)}</>;
}

function ExactnessLine({ stats }: { readonly stats: LiveStats | undefined }) {
  const judged = stats === undefined ? undefined : exactness.value;
  const state = status.value === undefined ? 'loading' : (judged?.state ?? 'unknown');
  return (
    <div class={`exactness ${state}`} data-testid="exactness" data-state={state}>
      <span class="exactness-mark" aria-hidden="true">
        <Icon name={state === 'exact' ? 'check' : state === 'off' ? 'cross' : 'clock'} size={15} />
      </span>
      <p>
        <strong>{verdictOf(state, judged)}</strong>
        {stats !== undefined && (
          <span class="exactness-sum">
            <b>{formatCount(stats.accepted)}</b> accepted {state === 'exact' ? '=' : '≈'}{' '}
            <b>{formatCount(stats.received)}</b> received + <b>{formatCount(stats.dead_lettered)}</b> dead
            letters + <b>{formatCount(judged?.waiting ?? stats.in_flight)}</b> in flight
            {state === 'exact' && (judged?.difference ?? 0) > 0 && (
              <> · {formatCount(judged?.difference ?? 0)} applied, being acknowledged</>
            )}
          </span>
        )}
      </p>
    </div>
  );
}

function verdictOf(state: Exactness['state'] | 'loading' | 'unknown', judged: Exactness | undefined): string {
  const difference = formatCount(Math.abs(judged?.difference ?? 0));
  switch (state) {
    case 'loading':
      return 'Counting …';
    case 'unknown':
      return 'Not known: Redis or Postgres cannot be read';
    case 'exact':
      return 'Every event is accounted for';
    case 'moving':
      return 'In motion: the figures are being read';
    case 'off':
      return `The figures differ by ${difference}: run an audit`;
  }
}
