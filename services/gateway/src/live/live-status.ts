import {
  type Audit,
  type LiveAudit,
  type LiveStatus,
  type LiveStream,
  MAX_COUNTED_OPEN_LETTERS,
} from '@oncelog/event-schema';
import { countOpenDeadLetters, type Database, readAccounts, readLargestTopics } from '@oncelog/event-store';
import { type StreamWriter, sumTotals } from '@oncelog/event-stream';
import { type Check, checkHealth } from '@oncelog/service-kit';
import type { Auditor } from '../audit/auditor.ts';
import { consumerStates } from './consumer-states.ts';
import { createGrowth, type StoreFound, type StreamFound } from './growth.ts';
import { createPart } from './part.ts';

export interface LiveStatusDeps {
  readonly stream: Pick<StreamWriter, 'totals' | 'oldestUnappliedMs' | 'members'>;
  readonly database: Database;
  readonly checks: Readonly<Record<'database' | 'redis', Check>>;
  readonly auditor: Pick<Auditor, 'result'>;
  readonly now: () => Date;
  readonly version: string;
}

/** Looks at the whole system. */
export interface LiveStatusReader {
  /**
   * Resolves within a second; the first time, where something hangs, within four. What cannot be read is null, and nothing
   * but the first look waits for what hangs elsewhere. Never rejects.
   */
  read(): Promise<LiveStatus>;
  /** Nobody looks for now: the next rates would be averages over the time until somebody does. */
  forget(): void;
}

/** One after the other, with a second between two looks. */
const WAITS = { streamMs: 400, restMs: 400 };
/** There is nothing to show yet, and connections may have to be made. A check of health takes two seconds at most. */
const FIRST_WAITS = { streamMs: 1_000, restMs: 2_500 };
/** Good for a slow moment; what hangs is unknown after it. A tenth of the time is spent asking at most. */
const PART = { holdMs: 2_000, restFactor: 9 };
/** Of more topics than this the smallest are not looked at one by one. */
const MAX_TOPICS_READ = 10_000;

export function createLiveStatus(deps: LiveStatusDeps): LiveStatusReader {
  const { stream, database, checks, auditor, now, version } = deps;
  const parts = {
    // it says itself when something does not answer
    health: createPart(() => checkHealth(checks), { holdMs: Number.POSITIVE_INFINITY, restFactor: 0 }),
    stream: createPart(async (): Promise<StreamFound> => {
      const [totals, oldestMs] = await Promise.all([stream.totals(), stream.oldestUnappliedMs()]);
      return { totals, oldestMs };
    }, PART),
    members: createPart(() => stream.members(), PART),
    store: createPart(async (): Promise<StoreFound> => {
      const reads = [readLargestTopics(database, MAX_TOPICS_READ), readAccounts(database)] as const;
      const [largest, accounts] = await Promise.all(reads);
      return { largest, accounts };
    }, PART),
    letters: createPart(() => countOpenDeadLetters(database, MAX_COUNTED_OPEN_LETTERS), PART),
  };
  const growth = createGrowth();
  let health: Readonly<Record<string, string>> | undefined;

  const readHealth = async (waitMs: number): Promise<void> => {
    const found = await parts.health.read(waitMs);
    health = found?.value.states ?? health;
  };

  /** Where Postgres hangs each question holds a connection of its pool for seconds: it is not asked then. */
  const unlessAway = async <T>(read: () => Promise<T | undefined>): Promise<T | undefined> =>
    health === undefined || health['database'] === 'connected' ? read() : undefined;

  return {
    async read() {
      const { streamMs, restMs } = health === undefined ? FIRST_WAITS : WAITS;
      const healthRead = readHealth(restMs);
      const membersRead = parts.members.read(streamMs);
      // the stream first: what is applied in between then shows in both, and never in neither
      const found = await parts.stream.read(streamMs);
      const [store, letters, members] = await Promise.all([
        unlessAway(() => parts.store.read(restMs)),
        unlessAway(() => parts.letters.read(restMs)),
        membersRead,
        healthRead,
      ]);
      return {
        at: now().toISOString(),
        version,
        health: { database: stateOf(health, 'database'), redis: stateOf(health, 'redis') },
        ...growth.next(found, store),
        stream: found === undefined ? null : streamOf(found.value),
        consumers: members === undefined ? null : consumerStates(members.value),
        topics_total: store?.value.largest.total ?? null,
        dead_letters_open: letters?.value ?? null,
        audit: auditor.result === undefined ? null : auditOf(auditor.result),
      };
    },
    forget() {
      health = undefined;
      growth.forget();
    },
  };
}

function stateOf(health: Readonly<Record<string, string>> | undefined, name: string): string {
  return health?.[name] ?? 'error: timed out';
}

function streamOf({ totals, oldestMs }: StreamFound): LiveStream {
  const { lag, pending, inFlightEvents, inFlightBytes } = sumTotals(totals);
  const ages = oldestMs.filter((age) => age !== undefined);
  return {
    lag_entries: lag,
    pending_entries: pending,
    backlog_events: inFlightEvents,
    backlog_bytes: inFlightBytes,
    oldest_unapplied_seconds: ages.length === 0 ? null : Math.max(...ages) / 1_000,
    shards: totals.length,
  };
}

function auditOf({ consistent, at_rest, checked_at, checks }: Audit): LiveAudit {
  const failed = checks.filter(({ holds }) => !holds).map(({ name }) => name);
  return { consistent, at_rest, checked_at, failed_checks: failed };
}
