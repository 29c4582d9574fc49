import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { type EventFields, event, range, type System } from '../testing/system.ts';
import { type Answers, noAnswers, publishOnce } from './answers.ts';
import { type GatheredSent, startGatheredLoad } from './gathered-load.ts';

/**
 * Clients that publish without pause and repeat a request, with its Idempotency-Key, until they have their 202; and
 * beside them one without keys, see {@link startGatheredLoad}. They keep their own record of what they sent, against
 * which the table is compared.
 */
export interface Load {
  readonly topic: string;
  /** To requests with a key. */
  readonly answers: Readonly<Answers>;
  /** To requests without one. */
  readonly gatheredAnswers: Readonly<Answers>;
  /** Resolves when `n` more requests of either kind have been acknowledged. */
  acknowledges(n: number): Promise<void>;
  /** Resolves when `n` more requests of either kind have been refused with 503. */
  isRefused(n: number): Promise<void>;
  /** No new requests; resolves to the record when all that were sent with a key are acknowledged. */
  finish(): Promise<Sent>;
  /** Ends everything at once. */
  abandon(): void;
}

/** With a key, all of it acknowledged. */
export interface Sent {
  /** Events in requests, duplicates included. */
  readonly events: number;
  /** Payload by event ID. */
  readonly payloads: ReadonlyMap<string, unknown>;
  /** Without one. */
  readonly gathered: GatheredSent;
}

const SENDERS = 4;
const EVENTS_PER_BATCH = 20;
/** Of the 20 events of a batch 6 are those of the batch before: 30 % duplicates. */
const STRIDE = 14;
const BETWEEN_BATCHES_MS = 10;
const BEFORE_RETRY_MS = 200;
const PROGRESS = { timeout: 30_000, interval: 20 };

export interface LoadOptions {
  /** How long each of the clients waits after a request that was acknowledged. */
  readonly betweenBatchesMs?: number | undefined;
}

export function startLoad(
  system: System,
  topic: string,
  { betweenBatchesMs = BETWEEN_BATCHES_MS }: LoadOptions = {},
): Load {
  const answers = noAnswers();
  const payloads = new Map<string, unknown>();
  const abandoned = new AbortController();
  let finishing = false;
  const gathered = startGatheredLoad(system, `${topic}-gathered`, { betweenRoundsMs: betweenBatchesMs });

  const pause = (ms: number) => delay(ms, undefined, { signal: abandoned.signal }).catch(() => {});
  const deliver = async (key: string, events: readonly EventFields[]): Promise<void> => {
    for (const { event_id, payload } of events) payloads.set(String(event_id), payload);
    const body = JSON.stringify({ events });
    while (!abandoned.signal.aborted) {
      const { kind } = await publishOnce(system, { key, body }, answers);
      if (kind === 'accepted') return;
      await pause(BEFORE_RETRY_MS);
    }
  };
  const senders = range(SENDERS).map(async (sender) => {
    for (let n = 0; !finishing && !abandoned.signal.aborted; n++) {
      await deliver(`${topic}-${sender}-${n}`, batch(topic, sender, n));
      await pause(betweenBatchesMs);
    }
  });
  const grows = async (count: 'accepted' | 'refused', by: number): Promise<void> => {
    const both = [answers, gathered.answers];
    const goals = both.map((of) => of[count] + by);
    await vi.waitFor(() => {
      if (both.some((of, i) => of[count] < (goals[i] ?? 0)))
        throw new Error(`not ${by} more ${count}: ${JSON.stringify(both)}`);
    }, PROGRESS);
  };

  return {
    topic,
    answers,
    gatheredAnswers: gathered.answers,
    acknowledges: (n) => grows('accepted', n),
    isRefused: (n) => grows('refused', n),
    async finish() {
      finishing = true;
      const [record] = await Promise.all([gathered.finish(), ...senders]);
      return { events: answers.accepted * EVENTS_PER_BATCH, payloads, gathered: record };
    },
    abandon() {
      abandoned.abort();
      gathered.abandon();
    },
  };
}

/** Two senders each send the same events, so that they also meet as duplicates in different batches. */
function batch(topic: string, sender: number, n: number): EventFields[] {
  return range(EVENTS_PER_BATCH).map((i) => {
    const number = n * STRIDE + i;
    return event({ topic, event_id: `${sender % 2}-${number}`, payload: { number, text: `é ${number}` } });
  });
}

/** What differs between the record and the table: nothing, if every event is there once, as it was sent. */
export async function differences(system: System, topic: string, { payloads }: Sent): Promise<string[]> {
  const rows = await system.sql<{ event_id: string; payload: unknown }[]>`
    SELECT event_id, payload FROM processed_events WHERE topic = ${topic}`;
  const stored = new Map(rows.map(({ event_id, payload }) => [event_id, payload]));
  const lost = [...payloads.keys()].filter((id) => !stored.has(id)).map((id) => `lost: ${id}`);
  const other = rows.flatMap(({ event_id, payload }) => {
    if (!payloads.has(event_id)) return [`never sent: ${event_id}`];
    return isDeepStrictEqual(payloads.get(event_id), payload) ? [] : [`changed: ${event_id}`];
  });
  const twice = rows.length - stored.size;
  return [...lost, ...other, ...(twice > 0 ? [`stored twice: ${twice}`] : [])];
}
