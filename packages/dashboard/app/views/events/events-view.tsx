import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { status } from '../../data/live.ts';
import { navigate, route } from '../../data/router.ts';
import { formatCount } from '../../lib/format.ts';
import { eventKey } from '../../lib/stored-event.ts';
import {
  type EventSearch,
  type EventsRoute,
  isFiltered,
  liveObstacle,
  routeTo,
} from '../../lib/url-state.ts';
import { Icon } from '../../ui/icons.tsx';
import { Command, Empty, Failure } from '../../ui/parts.tsx';
import { ViewHeader } from '../../ui/view-header.tsx';
import { demoCommand, publishCommand } from '../shared/commands.ts';
import { EventDetail } from './event-detail.tsx';
import { createEventList, type Dropped, type EventList } from './event-list.ts';
import { EventsTable } from './events-table.tsx';
import { SearchForm } from './search-form.tsx';

/** Find an event, or watch them come. */
export function EventsView() {
  const shown = route.value.view === 'events' ? route.value : routeTo('events');
  const list = useMemo(createEventList, []);
  const live = shown.live && liveObstacle(shown) === undefined;
  const searched = JSON.stringify(searchOf(shown));

  useEffect(() => void list.show(JSON.parse(searched) as EventSearch, { live }), [list, searched, live]);
  useEffect(() => () => list.close(), [list]);
  // the first event of an empty store shows up by itself
  const seen = useRef(0);
  useSignalEffect(() => {
    const stored = status.value?.stats?.unique_processed ?? 0;
    const isEmpty = list.phase.value === 'ready' && list.events.value.length === 0;
    if (!isEmpty || stored <= seen.current || isFiltered(shown)) return;
    seen.current = stored;
    list.reload();
  });

  const problem = list.phase.value === 'error' ? list.problem.value : undefined;
  const open = shown.show_id === '' ? undefined : eventKey(shown.show_topic, shown.show_id);
  return (
    <div class={`page ${open === undefined ? '' : 'has-drawer'}`}>
      <ViewHeader title="Events">
        <LiveSwitch shown={shown} list={list} />
      </ViewHeader>
      <SearchForm shown={shown} errors={problem?.fields ?? {}} />
      <section class="card events" aria-label="Results">
        <StatusLine list={list} />
        {list.dropped.value !== undefined && <DroppedNotice dropped={list.dropped.value} list={list} />}
        <Results list={list} shown={shown} open={open} />
      </section>
      {open !== undefined && (
        <EventDetail
          topic={shown.show_topic}
          id={shown.show_id}
          listed={list.events.value.find(({ key }) => key === open)}
          onClose={() => navigate({ ...currentEvents(shown), show_topic: '', show_id: '' })}
        />
      )}
    </div>
  );
}

const currentEvents = (otherwise: EventsRoute): EventsRoute =>
  route.peek().view === 'events' ? (route.peek() as EventsRoute) : otherwise;

function searchOf({ topic, source, event_id, contains, range, since, until }: EventsRoute): EventSearch {
  return { topic, source, event_id, contains, range, since, until };
}

const TAIL_WORDS = {
  off: '',
  connecting: 'Connecting …',
  live: 'Following',
  paused: 'Held while you read',
  reconnecting: 'Reconnecting …',
  error: 'Refused',
} as const;

function LiveSwitch({ shown, list }: { readonly shown: EventsRoute; readonly list: EventList }) {
  const obstacle = liveObstacle(shown);
  const isOn = shown.live && obstacle === undefined;
  const state = list.tailState.value;
  return (
    <div class="live-switch">
      <span class="muted small" data-testid="tail-state" data-state={state}>
        {TAIL_WORDS[state]}
      </span>
      {obstacle !== undefined && (
        <span class="muted small" id="live-hint" data-testid="live-hint">
          {obstacle}
        </span>
      )}
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={isOn}
        aria-describedby={obstacle === undefined ? undefined : 'live-hint'}
        disabled={obstacle !== undefined}
        onClick={() => navigate({ ...shown, live: !isOn }, { replace: true })}
      >
        <span class="switch-track" aria-hidden="true" />
        Live
      </button>
    </div>
  );
}

function StatusLine({ list }: { readonly list: EventList }) {
  const count = list.events.value.length;
  const isLoading = list.phase.value === 'loading';
  const follows = list.tailState.value !== 'off';
  return (
    <div class="status-line">
      <p class="muted small" data-testid="events-count" role="status">
        {isLoading && 'Searching …'}
        {!isLoading &&
          list.phase.value === 'ready' &&
          countOf(count, { more: list.next.value !== undefined, follows })}
      </p>
      {list.waiting.value > 0 && (
        <button
          type="button"
          class="button small primary"
          data-testid="show-new"
          onClick={() => list.showWaiting()}
        >
          <Icon name="up" size={13} />
          {formatCount(list.waiting.value)} new {list.waiting.value === 1 ? 'event' : 'events'}
        </button>
      )}
    </div>
  );
}

function countOf(
  count: number,
  { more, follows }: { readonly more: boolean; readonly follows: boolean },
): string {
  if (count === 0) return follows ? 'Waiting for events' : 'No event';
  const events = count === 1 ? 'event' : 'events';
  return more || follows
    ? `The newest ${formatCount(count)} ${events}`
    : `${formatCount(count)} ${events}, all that match`;
}

const REASONS: Record<Dropped['reason'], string> = {
  'slow-reader': 'this page was too slow',
  rate: 'they came faster than they can be followed',
  retention: 'they are older than what can be followed',
};

function DroppedNotice({
  dropped: { events, reason },
  list,
}: {
  readonly dropped: Dropped;
  readonly list: EventList;
}) {
  const what =
    events === null
      ? 'Some events were'
      : events === 1
        ? '1 event was'
        : `${formatCount(events)} events were`;
  return (
    <div class="notice" data-testid="dropped-notice" role="status">
      <Icon name="alert" size={15} />
      <p>
        {what} left out here: {REASONS[reason]}. They are stored; a search finds them.
      </p>
      <button
        type="button"
        class="button icon-only ghost"
        aria-label="Dismiss"
        onClick={() => list.forgetDropped()}
      >
        <Icon name="cross" size={14} />
      </button>
    </div>
  );
}

interface ResultsProps {
  readonly list: EventList;
  readonly shown: EventsRoute;
  readonly open: string | undefined;
}

function Results({ list, shown, open }: ResultsProps) {
  const problem = list.problem.value;
  if (list.phase.value === 'error' && problem !== undefined) {
    return <Failure problem={problem} testId="events-error" onRetry={() => list.reload()} />;
  }
  const refused = list.refused.value;
  if (list.phase.value === 'ready' && list.events.value.length === 0) {
    if (!isFiltered(shown)) return <NothingStored />;
    return list.tailState.value === 'off' ? <NothingFound /> : <NothingCame />;
  }
  return (
    <>
      {refused !== undefined && <Failure problem={refused} testId="tail-error" />}
      <EventsTable list={list} shown={shown} open={open} />
      {list.moreProblem.value !== undefined && <Failure problem={list.moreProblem.value} />}
      {list.next.value !== undefined && (
        <div class="load-more">
          <button
            type="button"
            class="button"
            data-testid="load-more"
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

function NothingFound() {
  return (
    <Empty icon="search" title="No event matches" testId="events-empty">
      <p class="muted">
        Every condition must hold. Topic, source and event ID match whole and in their case.
      </p>
      <button type="button" class="button" onClick={() => navigate(routeTo('events'))}>
        Show all events
      </button>
    </Empty>
  );
}

function NothingCame() {
  return (
    <Empty icon="clock" title="Waiting for events that match" testId="events-empty">
      <p class="muted">None is stored yet. They show up here within a second.</p>
    </Empty>
  );
}

function NothingStored() {
  return (
    <Empty icon="inbox" title="No event yet" testId="store-empty">
      <p class="muted">Publish the first one:</p>
      <Command text={publishCommand()} />
      <p class="muted">Or twenty thousand, of which 30 % are duplicates, from the repository:</p>
      <Command text={demoCommand()} name="second command" />
    </Empty>
  );
}
