import {
  type Database,
  type FeedFilter,
  type FeedPage,
  type FeedPlace,
  type FeedSnapshot,
  followEvents,
  isByTopic,
  isFromElsewhere,
  isOutOfReach,
} from '@oncelog/event-store';
import { backoffMs, type Logger, pause } from '@oncelog/service-kit';
import type { SseConnection } from '../event-streams.ts';
import type { EventIds } from './event-id.ts';
import type { Hub, Member } from './hub.ts';
import type { Lane } from './lane.ts';
import { droppedText, eventText, placeText } from './messages.ts';
import { createPageSize } from './page-size.ts';
import type { TailMetrics } from './tail-metrics.ts';

export interface FollowDeps {
  readonly hub: Hub;
  /** For those who have to catch up, all together. */
  readonly database: Database;
  readonly lane: Lane;
  readonly log: Logger;
  readonly metrics: TailMetrics;
  readonly random: () => number;
  readonly elapsedMs: () => number;
}

export interface Following {
  readonly connection: SseConnection;
  readonly filter: FeedFilter;
  readonly from: FeedPlace;
  readonly ids: EventIds;
}

const MAX_PAGE_EVENTS = 500;
const MAX_PAGE_BYTES = 1024 * 1024;
/** As many as this times the events wanted are looked at for a page; with topics more, since their index is used. */
const EXAMINED = { ofAll: 4, byTopic: 40 };
const BACKOFF = { baseMs: 200, capMs: 5_000 };
/** A client to whom there was nothing to say for so long is told the place, so that it resumes there. */
const QUIET_MS = 10_000;

/**
 * Sends a client what its filter takes, from a place on, until the client is gone: pages from the store until it has
 * reached the ring, then from the ring. Never rejects for what the client or the store does.
 */
export async function follow(deps: FollowDeps, following: Following): Promise<void> {
  const { connection, filter, from, ids } = following;
  const { closed } = connection;
  const member = deps.hub.join(filter, () => connection.end());
  const gone = (): void => {
    member.leave();
    member.wake();
  };
  closed.addEventListener('abort', gone, { once: true });
  if (closed.aborted) gone();
  try {
    connection.write(placeText(ids.encode(from)));
    let boundary = await member.joined;
    let place = from;
    while (boundary !== undefined && !closed.aborted) {
      await catchUp(deps, { ...following, from: place, until: boundary.snapshot });
      if (boundary.index >= deps.hub.ring.start) {
        member.enter(boundary.index);
        return await readRing(deps, { ...following, member });
      }
      // the ring has moved on meanwhile
      place = { passed: boundary.snapshot };
      boundary = deps.hub.boundary;
    }
  } finally {
    closed.removeEventListener('abort', gone);
    member.leave();
  }
}

/** Pages from the store. Exact, at the client's pace: nothing is left out but what retention has removed. */
async function catchUp(deps: FollowDeps, following: Following & { until: FeedSnapshot }): Promise<void> {
  const { connection, until, ids } = following;
  const pageSize = createPageSize(MAX_PAGE_EVENTS);
  let place = following.from;
  let saidAt = deps.elapsedMs();
  let toldOfRetention = false;
  while (!connection.closed.aborted) {
    const page = await untilRead(deps, { ...following, from: place, pageSize });
    if (page === undefined) return;
    if (isFromElsewhere(place, page.nextXid)) return connection.end();
    if (!toldOfRetention && (page.retired || isOutOfReach(place, page.prunedXid))) {
      toldOfRetention = true;
      deps.metrics.drops.inc({ reason: 'retention' });
      connection.write(droppedText(ids.encode(place), { events: null, reason: 'retention' }));
    }
    place = page.place;
    const text = page.events.map((event) => eventText(ids.encode(event.place), event.json)).join('');
    if (text !== '' || deps.elapsedMs() - saidAt > QUIET_MS) {
      saidAt = deps.elapsedMs();
      if (!connection.write(text === '' ? placeText(ids.encode(place)) : text)) await connection.drained();
    }
    if (place.within === undefined && place.passed === until) return;
  }
}

type PageWanted = Following & { until: FeedSnapshot; pageSize: ReturnType<typeof createPageSize> };

/** Tries until the page is read; undefined when the client has gone before. */
async function untilRead(deps: FollowDeps, wanted: PageWanted): Promise<FeedPage | undefined> {
  const { connection, filter, from, until, pageSize } = wanted;
  for (let tries = 1; !connection.closed.aborted; tries += 1) {
    try {
      const { events } = pageSize;
      const page = await deps.lane(async () => {
        if (connection.closed.aborted) return undefined; // while it waited for the others
        return await followEvents(deps.database, {
          from,
          until,
          filters: [filter],
          maxEvents: events,
          maxExamined: events * (isByTopic([filter]) ? EXAMINED.byTopic : EXAMINED.ofAll),
          maxBytes: MAX_PAGE_BYTES,
        });
      });
      pageSize.grow();
      return page;
    } catch (error) {
      deps.metrics.failures.inc();
      pageSize.isTooMuch(error);
      if (tries === 1)
        deps.log.warn({ err: error }, 'events for a client that resumes cannot be read: it waits');
      await pause(backoffMs(tries, BACKOFF, deps.random()), connection.closed);
    }
  }
  return undefined;
}

/** From the ring, as it fills. */
async function readRing(
  deps: FollowDeps,
  { connection, ids, member }: Following & { member: Member },
): Promise<void> {
  const { hub, elapsedMs } = deps;
  let saidAt = elapsedMs();
  while (!connection.closed.aborted) {
    const changed = member.changed();
    const messages = hub.ring.take(member.reader);
    if (messages !== undefined) {
      saidAt = elapsedMs();
      if (!connection.write(messages)) await connection.drained();
      continue;
    }
    const { boundary } = hub;
    if (elapsedMs() - saidAt > QUIET_MS && boundary?.index === hub.ring.end) {
      saidAt = elapsedMs();
      connection.write(placeText(ids.encode({ passed: boundary.snapshot })));
    }
    await changed;
  }
}
