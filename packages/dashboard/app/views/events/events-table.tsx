import { useCallback, useEffect } from 'preact/hooks';
import { now } from '../../data/clock.ts';
import { hrefOf } from '../../data/router.ts';
import type { StoredEvent } from '../../lib/stored-event.ts';
import type { EventsRoute } from '../../lib/url-state.ts';
import { MiddleCut } from '../../ui/middle-cut.tsx';
import { Skeleton, Time } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';
import type { EventList } from './event-list.ts';

const PREVIEW_CHARACTERS = 240;
/** Scrolled so far, somebody reads further down. */
const READING_PX = 240;

interface EventsTableProps {
  readonly list: EventList;
  readonly shown: EventsRoute;
  readonly open: string | undefined;
}

/** Rows of events. While they are read, new ones wait. */
export function EventsTable({ list, shown, open }: EventsTableProps) {
  const follows = list.tailState.value !== 'off';
  const look = useHolding(list, { follows, isOpen: open !== undefined });
  const isLoading = list.phase.value === 'loading';
  const rows = list.events.value;
  const fresh = list.fresh.value;
  // with a window of time the gateway lists by the time of the events, else by that of their arrival
  const byEventTime = shown.range !== '' || shown.since !== '' || shown.until !== '';
  const timeOf = (event: StoredEvent): string => (byEventTime ? event.timestamp : event.processedAt);
  return (
    <Scroller
      label="Events, scrollable"
      sideways
      busy={isLoading}
      testId={isLoading ? 'events-loading' : undefined}
    >
      <table class={`events-table ${isDated(rows.map(timeOf)) ? 'dated' : ''}`} aria-busy={isLoading}>
        <caption class="visually-hidden">Events</caption>
        <thead>
          <tr>
            <th scope="col">{byEventTime ? 'Event time' : 'Stored'}</th>
            <th scope="col">Topic</th>
            <th scope="col">Event ID</th>
            <th scope="col">Source</th>
            <th scope="col">Payload</th>
          </tr>
        </thead>
        <tbody onPointerEnter={look} onPointerLeave={look} onFocusIn={look} onFocusOut={look}>
          {isLoading && rows.length === 0 && <SkeletonRows />}
          {/* by their place: new events change what rows say, and move none */}
          {rows.map((event, place) => (
            <Row
              key={place}
              event={event}
              at={timeOf(event)}
              shown={shown}
              isOpen={event.key === open}
              fresh={fresh.keys.has(event.key) ? fresh.name : ''}
            />
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

/** Whether a date stands before some of the times. */
function isDated(times: readonly string[]): boolean {
  const today = now.value.toDateString();
  return times.some((time) => new Date(time).toDateString() !== today);
}

interface Holding {
  readonly follows: boolean;
  /** Whether a detail is open. */
  readonly isOpen: boolean;
}

/** Holds the rows while they are read: below the pointer or the focus, scrolled, or beside a detail. Returns what looks again. */
function useHolding(list: EventList, { follows, isOpen }: Holding): () => void {
  const look = useCallback(() => {
    // what leaves a row has left only after this
    setTimeout(() => {
      const isOver = document.querySelector('.events-table tbody:is(:hover, :has(:focus-visible))') !== null;
      list.hold(follows && (isOpen || isOver || window.scrollY > READING_PX));
    });
  }, [list, follows, isOpen]);
  useEffect(() => {
    look();
    window.addEventListener('scroll', look, { passive: true });
    return () => window.removeEventListener('scroll', look);
  }, [look]);
  return look;
}

interface RowProps {
  readonly event: StoredEvent;
  /** The time that the list is in the order of. */
  readonly at: string;
  readonly shown: EventsRoute;
  readonly isOpen: boolean;
  readonly fresh: string;
}

function Row({ event, at, shown, isOpen, fresh }: RowProps) {
  const { topic, eventId, source, payload } = event;
  const href = hrefOf({ ...shown, show_topic: topic, show_id: eventId });
  return (
    <tr
      class={`linked ${isOpen ? 'open' : ''} ${fresh}`}
      data-testid="event-row"
      data-topic={topic}
      data-event-id={eventId}
    >
      <td>
        <Time at={at} />
      </td>
      <td class="name" title={topic}>
        {topic}
      </td>
      <th scope="row" class="mono id" title={eventId}>
        <a class="row-link" href={href} aria-label={eventId} aria-current={isOpen ? 'true' : undefined}>
          <MiddleCut text={eventId} />
        </a>
      </th>
      <td class="name" title={source}>
        {source}
      </td>
      <td class="mono payload">{payload.slice(0, PREVIEW_CHARACTERS)}</td>
    </tr>
  );
}

const WIDTHS = ['10ch', '12ch', '18ch', '8ch', '30ch'];

function SkeletonRows() {
  return Array.from({ length: 12 }, (_, row) => (
    <tr key={row}>
      {WIDTHS.map((width) => (
        <td key={width}>
          <Skeleton width={width} />
        </td>
      ))}
    </tr>
  ));
}
