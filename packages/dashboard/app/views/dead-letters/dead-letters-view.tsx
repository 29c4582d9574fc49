import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { adminObstacle } from '../../data/access.ts';
import { asProblem } from '../../data/api.ts';
import { status } from '../../data/live.ts';
import { hrefOf, navigate, route } from '../../data/router.ts';
import { say } from '../../data/toast.ts';
import { formatCount } from '../../lib/format.ts';
import { type DeadLettersRoute, routeTo } from '../../lib/url-state.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Empty, Failure } from '../../ui/parts.tsx';
import { ViewHeader } from '../../ui/view-header.tsx';
import { deleteAll, type Outcome, outcomeSince, replayAll } from './letter-actions.ts';
import { LetterDetail } from './letter-detail.tsx';
import { createLetterList, type LetterList } from './letter-list.ts';
import { LettersTable } from './letters-table.tsx';

/** Events that could not be stored: why, and what to do with them. */
export function DeadLettersView() {
  const shown = route.value.view === 'dead-letters' ? route.value : routeTo('dead-letters');
  const list = useMemo(createLetterList, []);
  const { state, code } = shown;
  useEffect(() => void list.load({ state, code }), [list, state, code]);
  useEffect(() => () => list.close(), [list]);
  useReloading(list);

  return (
    <div class={`page ${shown.letter === '' ? '' : 'has-drawer'}`}>
      <ViewHeader title="Dead letters" />
      <p class="lead muted">
        Events that Postgres refused, and entries that nobody could read. They are kept with their original
        bytes until you replay or delete them.
      </p>
      <Toolbar shown={shown} list={list} />
      <section class="card letters" aria-label="Results">
        <Results list={list} shown={shown} />
      </section>
      {shown.letter !== '' && (
        <LetterDetail
          id={shown.letter}
          onClose={() => navigate({ ...currentRoute(shown), letter: '' })}
          onChanged={() => void list.reload()}
        />
      )}
    </div>
  );
}

const currentRoute = (otherwise: DeadLettersRoute): DeadLettersRoute =>
  route.peek().view === 'dead-letters' ? (route.peek() as DeadLettersRoute) : otherwise;

/** A letter that comes while one looks shows up by itself. */
function useReloading(list: LetterList): void {
  const seen = useRef<number>(undefined);
  useSignalEffect(() => {
    const buried = status.value?.stats?.dead_lettered;
    if (buried === undefined) return;
    if (seen.current !== undefined && buried > seen.current) void list.reload();
    seen.current = buried;
  });
}

const STATES = [
  { state: 'open', label: 'Open' },
  { state: 'replayed', label: 'Replayed' },
  { state: 'all', label: 'All' },
] as const;

function Toolbar({ shown, list }: { readonly shown: DeadLettersRoute; readonly list: LetterList }) {
  const [code, setCode] = useState(shown.code);
  useEffect(() => setCode(shown.code), [shown.code]);
  return (
    <div class="toolbar">
      <fieldset class="segments">
        <legend class="visually-hidden">State</legend>
        {STATES.map(({ state, label }) => (
          <label key={state}>
            <input
              type="radio"
              name="state"
              value={state}
              checked={shown.state === state}
              onChange={() => navigate({ ...shown, state, letter: '' })}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <form
        class="filter"
        onSubmit={(event) => {
          event.preventDefault();
          navigate({ ...shown, code: code.trim(), letter: '' });
        }}
      >
        <Icon name="search" size={14} />
        <input
          type="search"
          aria-label="Code"
          placeholder="Code, such as 22P02"
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
          onSearch={(event: Event) =>
            navigate({ ...shown, code: (event.currentTarget as HTMLInputElement).value.trim() })
          }
        />
      </form>
      <Bulk shown={shown} list={list} />
    </div>
  );
}

interface BulkResult {
  readonly tone: 'quiet' | 'good' | 'bad';
  readonly text: string;
}

/** Replaying and deleting all that the filter shows. */
function Bulk({ shown, list }: { readonly shown: DeadLettersRoute; readonly list: LetterList }) {
  const [asks, setAsks] = useState<'replay' | 'delete'>();
  const result = useSignal<BulkResult | undefined>(undefined);
  const isBusy = useSignal(false);
  const stop = useMemo(() => new AbortController(), []);
  useEffect(() => () => stop.abort(), [stop]);
  const obstacle = adminObstacle.value;
  const isIdle = list.letters.value.length > 0 && !isBusy.value && obstacle === undefined;

  const run = async (work: () => Promise<BulkResult>): Promise<void> => {
    setAsks(undefined);
    isBusy.value = true;
    try {
      result.value = await work();
    } catch (error) {
      const { title, message } = asProblem(error);
      result.value = { tone: 'bad', text: title === message ? title : `${title}: ${message}` };
    } finally {
      isBusy.value = false;
      void list.reload();
    }
  };
  const replay = () =>
    run(async () => {
      const since = new Date(status.peek()?.at ?? Date.now());
      const { signal } = stop;
      const done = await replayAll(shown.code, {
        signal,
        progress: ({ replayed, remaining }) => {
          result.value = {
            tone: 'quiet',
            text: `${formatCount(replayed)} replayed, ${formatCount(remaining)} to go …`,
          };
        },
      });
      result.value = {
        tone: 'quiet',
        text: `${formatCount(done.replayed)} replayed. Waiting until they are applied …`,
      };
      const outcome = done.replayed === 0 ? undefined : await outcomeSince(since, signal);
      return bulkResult(done, outcome);
    });
  const remove = () =>
    run(async () => {
      const deleted = await deleteAll(shown, {
        signal: stop.signal,
        progress: (count) => {
          result.value = { tone: 'quiet', text: `${formatCount(count)} deleted …` };
        },
      });
      const text = `${formatCount(deleted)} ${deleted === 1 ? 'letter' : 'letters'} deleted.`;
      say(text);
      return { tone: 'good', text };
    });

  return (
    <div class="bulk">
      <p class={`bulk-result small ${result.value?.tone ?? ''}`} data-testid="bulk-result" role="status">
        {result.value?.text ?? obstacle}
      </p>
      {shown.state === 'open' && (
        <button
          type="button"
          class="button"
          disabled={!isIdle}
          title={obstacle}
          onClick={() => setAsks('replay')}
        >
          <Icon name="replay" size={15} />
          Replay all open
        </button>
      )}
      <button
        type="button"
        class="button"
        disabled={!isIdle}
        title={obstacle}
        onClick={() => setAsks('delete')}
      >
        <Icon name="trash" size={15} />
        Delete all
      </button>
      {asks === 'replay' && (
        <Confirm
          title="Replay dead letters"
          action="Replay"
          onConfirm={() => void replay()}
          onCancel={() => setAsks(undefined)}
        >
          <p>
            {shown.code === '' ? (
              'All open letters are'
            ) : (
              <>
                All open letters with the code <b>{shown.code}</b> are
              </>
            )}{' '}
            published again, each exactly once. Those that are refused once more come back as new letters.
          </p>
        </Confirm>
      )}
      {asks === 'delete' && (
        <Confirm
          title="Delete dead letters"
          action="Delete"
          danger
          onConfirm={() => void remove()}
          onCancel={() => setAsks(undefined)}
        >
          <p>
            {whatOf(shown)} deleted, with their originals. This cannot be taken back. The counts stay: they
            say what was ever refused.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function whatOf({ state, code }: DeadLettersRoute): string {
  const which = state === 'all' ? 'All dead letters' : `All ${state} dead letters`;
  return `${which}${code === '' ? '' : ` with the code ${code}`} are`;
}

function bulkResult(
  { replayed, refused }: { readonly replayed: number; readonly refused: number },
  outcome: Outcome | undefined,
): BulkResult {
  const parts = [`${formatCount(replayed)} replayed`];
  if (refused > 0) parts.push(`${formatCount(refused)} refused: they still break the rules`);
  if (outcome !== undefined) {
    const { unique, duplicate, dead, waiting } = outcome;
    parts.push(
      `${formatCount(unique)} stored, ${formatCount(duplicate)} duplicates, ${formatCount(dead)} dead again`,
    );
    if (waiting > 0) parts.push(`${formatCount(waiting)} not applied yet`);
  }
  return { tone: refused > 0 || (outcome?.dead ?? 0) > 0 ? 'bad' : 'good', text: `${parts.join('; ')}.` };
}

function Results({ list, shown }: { readonly list: LetterList; readonly shown: DeadLettersRoute }) {
  const problem = list.problem.value;
  if (list.phase.value === 'error' && problem !== undefined) {
    return <Failure problem={problem} testId="letters-error" onRetry={() => void list.reload()} />;
  }
  if (list.phase.value === 'ready' && list.letters.value.length === 0) return <Nothing shown={shown} />;
  return (
    <>
      <LettersTable list={list} shown={shown} />
      {list.next.value !== undefined && (
        <div class="load-more">
          <button
            type="button"
            class="button"
            data-testid="letters-more"
            disabled={list.loadingMore.value}
            onClick={() => void list.more()}
          >
            {list.loadingMore.value ? 'Loading …' : 'Load more'}
          </button>
        </div>
      )}
    </>
  );
}

function Nothing({ shown }: { readonly shown: DeadLettersRoute }) {
  if (shown.code !== '') {
    return (
      <Empty icon="search" title={`No letter with the code ${shown.code}`} testId="letters-empty">
        <a class="button" href={hrefOf({ ...shown, code: '' })}>
          Show every code
        </a>
      </Empty>
    );
  }
  const words = { open: 'No open dead letters', replayed: 'None was replayed', all: 'No dead letters' };
  return (
    <Empty icon="check" title={words[shown.state]} testId="letters-empty">
      {shown.state !== 'replayed' && <p class="muted">Every event that was applied could be stored.</p>}
    </Empty>
  );
}
