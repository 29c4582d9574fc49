import { batch, computed, signal } from '@preact/signals';
import { ApiProblem, ask, asProblem } from '../../data/api.ts';
import { type Feed, openFeed } from '../../data/feed.ts';
import { containsFault } from '../../lib/contains-filter.ts';
import { eventsQuery, tailQuery } from '../../lib/event-query.ts';
import { nextOf } from '../../lib/link-header.ts';
import {
  countWithin,
  type ListBound,
  putBelow,
  putOnTop,
  readEvent,
  readEvents,
  type StoredEvent,
} from '../../lib/stored-event.ts';
import type { EventSearch } from '../../lib/url-state.ts';

const PAGE = 50;
const LOOK_AGAIN = 200;
/** What is kept while following: what is older is a search away. */
const FOLLOWED: ListBound = { rows: 300, units: 16 * 1024 * 1024 };
/** How often what has arrived is shown: thousands a second must not mean thousands of updates. */
const SHOW_MS = 200;
/** The position of a new tail is fixed while it opens: a second look finds what was stored between. */
const SECOND_LOOK_MS = 1_500;

/** What the server left out of the tail. */
export interface Dropped {
  /** Null where it cannot be told. */
  readonly events: number | null;
  readonly reason: 'slow-reader' | 'rate' | 'retention';
}

interface Fresh {
  readonly keys: ReadonlySet<string>;
  readonly name: 'fresh-odd' | 'fresh-even';
}
const NOTHING_FRESH: Fresh = { keys: new Set(), name: 'fresh-odd' };

export type EventList = ReturnType<typeof createEventList>;

/** The events of the page: found by a search, followed live, or both. */
export function createEventList() {
  const events = signal<readonly StoredEvent[]>([]);
  const phase = signal<'loading' | 'ready' | 'error'>('loading');
  const problem = signal<ApiProblem>();
  const next = signal<string>();
  const loadingMore = signal(false);
  const moreProblem = signal<ApiProblem>();
  /** Events that have arrived and wait until nobody is reading. */
  const waiting = signal(0);
  const held = signal(false);
  const dropped = signal<Dropped>();
  /** The rows that have just come; the name changes each time, so that they can be told from those before. */
  const fresh = signal<Fresh>(NOTHING_FRESH);
  const feed = signal<Feed>();
  const refused = signal<ApiProblem>();

  let search: EventSearch | undefined;
  let request = new AbortController();
  let arrived: string[] = [];
  let arrivedUnits = 0;
  let show: ReturnType<typeof setTimeout> | undefined;
  let secondLook: ReturnType<typeof setTimeout> | undefined;

  const tailState = computed(() => {
    if (feed.value === undefined) return 'off';
    const connection = feed.value.connection.value;
    if (connection === 'refused') return 'error';
    if (connection !== 'live') return connection;
    return held.value ? 'paused' : 'live';
  });

  /** Shows the first page of a search in the place of what is there. */
  const load = async (wanted: EventSearch): Promise<void> => {
    request.abort();
    request = new AbortController();
    const { signal: aborted } = request;
    phase.value = 'loading';
    problem.value = undefined;
    moreProblem.value = undefined;
    try {
      refuseFaulty(wanted);
      const response = await ask(`events?${eventsQuery(wanted, { now: new Date(), limit: PAGE })}`, {
        signal: aborted,
      });
      const found = readEvents(await response.text());
      if (aborted.aborted) return;
      batch(() => {
        events.value = found;
        next.value = nextOf(response.headers.get('link'));
        phase.value = 'ready';
      });
    } catch (error) {
      if (aborted.aborted) return;
      batch(() => {
        events.value = [];
        next.value = undefined;
        problem.value = asProblem(error);
        phase.value = 'error';
      });
    }
  };

  /** Adds what the newest page has and the list has not. */
  const lookAgain = async (wanted: EventSearch): Promise<void> => {
    try {
      const response = await ask(`events?${eventsQuery(wanted, { now: new Date(), limit: LOOK_AGAIN })}`);
      const found = readEvents(await response.text());
      if (search !== wanted || feed.value === undefined) return;
      const all = putOnTop(events.value, found.reverse(), FOLLOWED);
      events.value = all.sort((a, b) =>
        a.processedAt < b.processedAt ? 1 : a.processedAt > b.processedAt ? -1 : 0,
      );
    } catch {
      // the tail goes on, and says itself when it cannot
    }
  };

  const forgetArrived = (): void => {
    arrived = [];
    arrivedUnits = 0;
  };

  /** Of very many only the newest are kept: no more are ever shown. */
  const keepNewest = (): void => {
    if (arrived.length <= FOLLOWED.rows && arrivedUnits <= FOLLOWED.units) return;
    arrived = arrived.slice(-countWithin(arrived.toReversed(), FOLLOWED));
    arrivedUnits = arrived.reduce((sum, raw) => sum + raw.length, 0);
  };

  const showArrived = (): void => {
    show = undefined;
    keepNewest();
    if (held.value) return;
    const before = new Set(events.value.map(({ key }) => key));
    const read = arrived.map(readEvent);
    forgetArrived();
    batch(() => {
      waiting.value = 0;
      const all = putOnTop(events.value, read, FOLLOWED);
      // where the oldest are forgotten, what would come below them is no next page
      if (all.length < new Set([...before, ...read.map(({ key }) => key)]).size) next.value = undefined;
      events.value = all;
      fresh.value = {
        keys: new Set(read.map(({ key }) => key).filter((key) => !before.has(key))),
        name: fresh.value.name === 'fresh-odd' ? 'fresh-even' : 'fresh-odd',
      };
      phase.value = 'ready';
    });
  };

  const arrive = (raw: string): void => {
    arrived.push(raw);
    arrivedUnits += raw.length;
    if (arrivedUnits > 2 * FOLLOWED.units) keepNewest();
    if (held.value) waiting.value += 1;
    show ??= setTimeout(showArrived, SHOW_MS);
  };

  const unfollow = (): void => {
    feed.value?.close();
    clearTimeout(show);
    clearTimeout(secondLook);
    show = undefined;
    forgetArrived();
    batch(() => {
      feed.value = undefined;
      waiting.value = 0;
      held.value = false;
      dropped.value = undefined;
      refused.value = undefined;
      fresh.value = NOTHING_FRESH;
    });
  };

  const follow = (wanted: EventSearch): void => {
    const query = tailQuery(wanted);
    feed.value = openFeed(query === '' ? 'tail' : `tail?${query}`, {
      on: {
        message: arrive,
        dropped: (data) => {
          dropped.value = JSON.parse(data) as Dropped;
        },
      },
      onFresh: () => {
        void lookAgain(wanted);
        secondLook = setTimeout(() => void lookAgain(wanted), SECOND_LOOK_MS);
      },
      onRefused: (why) => {
        refused.value = why;
      },
    });
  };

  return {
    events,
    phase,
    problem,
    next,
    loadingMore,
    moreProblem,
    waiting,
    dropped,
    fresh,
    refused,
    tailState,

    /** Shows a search, and follows it where that is wanted. */
    async show(wanted: EventSearch, { live }: { readonly live: boolean }): Promise<void> {
      unfollow();
      search = wanted;
      await load(wanted);
      if (live && search === wanted && phase.value === 'ready') follow(wanted);
    },
    /** Searches again. */
    reload(): void {
      if (search !== undefined) void load(search);
    },
    async more(): Promise<void> {
      const target = next.value;
      if (target === undefined || loadingMore.value) return;
      loadingMore.value = true;
      moreProblem.value = undefined;
      const { signal: aborted } = request;
      try {
        const response = await ask(target, { signal: aborted });
        const page = readEvents(await response.text());
        batch(() => {
          events.value = putBelow(events.value, page);
          next.value = nextOf(response.headers.get('link'));
        });
      } catch (error) {
        if (!aborted.aborted) moreProblem.value = asProblem(error);
      } finally {
        loadingMore.value = false;
      }
    },
    /** While rows are held, nothing moves below the eyes of who reads them. */
    hold(reading: boolean): void {
      if (held.value === reading) return;
      held.value = reading;
      if (!reading && arrived.length > 0) showArrived();
    },
    /** Shows what waits, though somebody reads. */
    showWaiting(): void {
      held.value = false;
      showArrived();
    },
    forgetDropped(): void {
      dropped.value = undefined;
    },
    close(): void {
      search = undefined;
      unfollow();
      request.abort();
    },
  };
}

/** What is certain to be refused is not asked for: a link may be mistaken, too. */
function refuseFaulty({ contains }: EventSearch): void {
  const fault = containsFault(contains);
  if (fault === undefined) return;
  throw new ApiProblem({
    title: 'The search cannot be made',
    detail: 'See what stands below the field.',
    errors: [{ pointer: '/query/contains', rule: 'object', detail: fault }],
  });
}
