import type { TailDropped } from '@oncelog/event-schema';
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
  readFeedEnd,
  skipEvents,
} from '@oncelog/event-store';
import { backoffMs, type Logger, pause } from '@oncelog/service-kit';
import { type Budget, createBudget } from './budget.ts';
import { createEventIds, type EventIds } from './event-id.ts';
import { createPageSize } from './page-size.ts';
import { createRing, type Ring, type RingReader } from './ring.ts';
import type { TailMetrics } from './tail-metrics.ts';

export interface HubDeps {
  /** A connection that nothing else waits for. */
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: TailMetrics;
  readonly random: () => number;
  /** A clock that nobody sets. */
  readonly elapsedMs: () => number;
}

export interface HubConfig {
  readonly pollMs: number;
  /** Events that are read in a second, and at most at a time after it was quiet. */
  readonly eventsPerSecond: number;
  readonly burstEvents: number;
  /** How long nothing is read after events came faster. */
  readonly restMs: number;
  readonly maxPageEvents: number;
  readonly maxPageBytes: number;
  readonly maxRingEvents: number;
  readonly maxRingBytes: number;
}

/**
 * Reading 5,000 events a second takes a few hundredths of a core. Who publishes more has no reader that follows, and
 * gets a sample for a fraction of that.
 */
export const HUB_DEFAULTS: HubConfig = {
  pollMs: 200,
  eventsPerSecond: 5_000,
  burstEvents: 20_000,
  restMs: 800,
  maxPageEvents: 2_000,
  maxPageBytes: 4 * 1024 * 1024,
  maxRingEvents: 20_000,
  maxRingBytes: 32 * 1024 * 1024,
};

/** Looking at an event that is of no topic that is asked for costs this, of one that is read: the ledger counts it. */
const GLANCE = 1 / 20;
/** Each filter more, for each event that is looked at. */
const FILTER_COST = 1 / 20;
/** Each client, for each event that is read: where it is sent to it. */
const COPY_COST = 1 / 50;
const BACKOFF = { baseMs: 200, capMs: 5_000 };
/** A reader of what is rare is woken this often all the same, to move on. */
const IDLE_WAKE_MS = 10_000;

/** Where the ring and the feed are at the same place. */
interface Boundary {
  readonly index: number;
  readonly snapshot: FeedSnapshot;
}

/** Somebody who follows. */
export interface Member {
  readonly reader: RingReader;
  /** A place of the feed that is later than the moment of joining; undefined when the member left before. */
  readonly joined: Promise<Boundary | undefined>;
  /** Resolves when there may be more to take. */
  changed(): Promise<void>;
  wake(): void;
  /** Reads from the ring from now on. */
  enter(index: number): void;
  leave(): void;
}

export interface Hub {
  readonly ring: Ring;
  /** The latest; undefined while nobody follows. */
  readonly boundary: Boundary | undefined;
  /** @param end called when the feed is not the one any more that was followed: the database was restored */
  join(filter: FeedFilter, end: () => void): Member;
  /** One poll: reads what has been committed since the last one, as far as the budget goes. */
  tick(): Promise<void>;
  stop(): void;
}

interface SharedFilter {
  readonly id: number;
  readonly filter: FeedFilter;
  readers: number;
}

interface Joining {
  /** Steps that had begun before. */
  readonly since: number;
  readonly resolve: (boundary: Boundary | undefined) => void;
}

/** The database is another one, or was restored from a backup. */
class FeedLostError extends Error {
  constructor() {
    super('the database knows less than it did: it is another one, or was restored');
    this.name = 'FeedLostError';
  }
}

/**
 * Reads the feed once for all who follow, while anybody does, and puts it into a ring that they read from.
 *
 *        Postgres ── a page every 200 ms, with the union of the filters ──▶ ring ──▶ reader
 *                                                                              └──▶ reader …
 */
export function createHub(deps: HubDeps, config: HubConfig = HUB_DEFAULTS): Hub {
  const { database, log, metrics, elapsedMs } = deps;
  const ring = createRing({
    maxEntries: config.maxRingEvents,
    maxBytes: config.maxRingBytes,
    onLost: () => metrics.drops.inc({ reason: 'slow-reader' }),
  });
  const budget: Budget = createBudget(elapsedMs, {
    perSecond: config.eventsPerSecond,
    burst: config.burstEvents,
    restMs: config.restMs,
  });
  const pageSize = createPageSize(config.maxPageEvents);
  const filters = new Map<string, SharedFilter>();
  const members = new Map<Member, () => void>();
  const joining = new Set<Joining>();
  let filtersEver = 0;
  let ids: EventIds | undefined;
  let place: FeedPlace | undefined;
  let stepsBegun = 0;
  let boundary: Boundary | undefined;
  let running = false;
  let stopped = false;
  let wokenAt = elapsedMs();
  let kick = new AbortController();

  const wakeAll = (): void => {
    wokenAt = elapsedMs();
    for (const member of members.keys()) member.wake();
  };

  /** The feed is passed up to here, and so is the ring. */
  const arrive = (at: FeedPlace): void => {
    place = at;
    if (at.within !== undefined) return;
    boundary = { index: ring.end, snapshot: at.passed };
    for (const one of joining) {
      // the snapshot of a step that had begun before may be older than what the reader has seen
      if (stepsBegun <= one.since) continue;
      joining.delete(one);
      one.resolve(boundary);
    }
  };

  const leaveOut = (at: FeedPlace, dropped: TailDropped): void => {
    metrics.drops.inc({ reason: dropped.reason });
    ring.append({ id: ids?.encode(at), dropped });
  };

  const begin = async (): Promise<void> => {
    stepsBegun += 1;
    const { snapshot, origin } = await readFeedEnd(database);
    ids = createEventIds(origin);
    arrive({ passed: snapshot });
  };

  const fill = (from: FeedPlace, page: FeedPage, filterIds: readonly number[]): void => {
    if (isFromElsewhere(from, page.nextXid)) throw new FeedLostError();
    if (isOutOfReach(from, page.prunedXid)) leaveOut(from, { events: null, reason: 'retention' });
    for (const event of page.events) {
      const filters = event.filters.map((i) => filterIds[i] as number);
      ring.append({ id: ids?.encode(event.place), json: event.json, filters });
    }
    metrics.events.inc(page.events.length);
  };

  /** Resolves to whether there is more. */
  const readPage = async (from: FeedPlace): Promise<boolean> => {
    const asked = [...filters.values()];
    const byTopic = isByTopic(asked.map(({ filter }) => filter));
    const cost = (byTopic ? GLANCE : 1) * (1 + (asked.length - 1) * FILTER_COST);
    const maxEvents = pageSize.events;
    const affordable = Math.ceil(Math.min(byTopic ? maxEvents * 10 : maxEvents, budget.left / cost));
    if (from.within === undefined) stepsBegun += 1;
    const page = await followEvents(database, {
      from,
      filters: asked.map(({ filter }) => filter),
      maxExamined: affordable,
      maxEvents,
      maxBytes: config.maxPageBytes,
    });
    fill(
      from,
      page,
      asked.map(({ id }) => id),
    );
    budget.spend(page.examined * cost + page.events.length * ((byTopic ? 1 : 0) + members.size * COPY_COST));
    pageSize.grow();
    arrive(page.place);
    if (page.events.length > 0) wakeAll();
    return page.place.within !== undefined;
  };

  /** More has come than may be read: goes to the end, and says how much was left out. */
  const skip = async (from: FeedPlace): Promise<void> => {
    stepsBegun += 1;
    const { snapshot, events } = await skipEvents(database, from);
    const end = { passed: snapshot };
    if (events > 0) {
      leaveOut(end, { events, reason: 'rate' });
      metrics.skippedEvents.inc(events);
      budget.rest();
    }
    arrive(end);
    wakeAll();
  };

  const tick = async (): Promise<void> => {
    budget.refill();
    if (place === undefined) await begin();
    if (budget.left < 1) return;
    while (place !== undefined && filters.size > 0) {
      const more = await readPage(place);
      if (!more) break;
      if (budget.left < 1) return skip(place);
    }
    if (elapsedMs() - wokenAt > IDLE_WAKE_MS) wakeAll();
  };

  const forget = (): void => {
    place = undefined;
    boundary = undefined;
    ring.clear();
  };

  /** Resolves to how long to wait before the next try. */
  const recover = (error: unknown, failures: number): number => {
    metrics.failures.inc();
    if (error instanceof FeedLostError) {
      log.error({ err: error, clients: members.size }, 'the tail ends: its clients have to begin anew');
      for (const end of members.values()) end();
      forget();
      return 0;
    }
    if (pageSize.isTooMuch(error)) {
      log.warn(
        { err: error, pageEvents: pageSize.events },
        'a page of the tail took too long: reads less at a time',
      );
    } else if (failures === 1) {
      log.warn({ err: error }, 'the tail cannot read the events: its clients wait');
    }
    return backoffMs(failures, BACKOFF, deps.random());
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (members.size > 0 && !stopped) {
      let waitMs = config.pollMs;
      try {
        await tick();
        if (failures > 0) log.info({ failures }, 'the tail reads the events again');
        failures = 0;
      } catch (error) {
        failures += 1;
        waitMs = recover(error, failures);
      }
      await pause(waitMs, kick.signal);
      if (kick.signal.aborted) kick = new AbortController();
    }
    running = false;
    forget();
  };

  const share = (filter: FeedFilter): SharedFilter => {
    const key = keyOf(filter);
    const known = filters.get(key) ?? { id: filtersEver++, filter, readers: 0 };
    known.readers += 1;
    filters.set(key, known);
    return known;
  };

  return {
    ring,
    get boundary() {
      return boundary;
    },
    tick,
    join(filter, end) {
      const shared = share(filter);
      const { promise: joined, resolve } = Promise.withResolvers<Boundary | undefined>();
      const join: Joining = { since: stepsBegun, resolve };
      joining.add(join);
      let pulse = Promise.withResolvers<void>();
      const reader = { filter: shared.id, takesAll: takesAll(filter), index: 0, lost: undefined };
      const member: Member = {
        reader,
        joined,
        changed: () => pulse.promise,
        wake() {
          pulse.resolve();
          pulse = Promise.withResolvers();
        },
        enter(index) {
          reader.index = index;
          ring.enter(reader);
        },
        leave() {
          if (!members.delete(member)) return;
          metrics.readers.set(members.size);
          ring.leave(reader);
          joining.delete(join);
          resolve(undefined);
          shared.readers -= 1;
          if (shared.readers === 0) filters.delete(keyOf(filter));
        },
      };
      members.set(member, end);
      metrics.readers.set(members.size);
      if (running) kick.abort();
      else if (!stopped) {
        running = true;
        void run();
      }
      return member;
    },
    stop() {
      stopped = true;
      kick.abort();
    },
  };
}

function takesAll({ topics, source, contains }: FeedFilter): boolean {
  return topics.length === 0 && source === undefined && contains === undefined;
}

function keyOf({ topics, source, contains }: FeedFilter): string {
  return JSON.stringify([[...new Set(topics)].sort(), source ?? null, contains ?? null]);
}
