import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { type EventFields, event, range, type System } from '../testing/system.ts';

/**
 * Clients that publish without pause and repeat a request, with its Idempotency-Key, until they have their 202.
 * They keep their own record of what they sent, against which the table is compared.
 */
export interface Load {
  readonly topic: string;
  readonly answers: Readonly<Answers>;
  /** Resolves when `n` more requests have been acknowledged. */
  acknowledges(n: number): Promise<void>;
  /** Resolves when `n` more requests have been refused with 503. */
  isRefused(n: number): Promise<void>;
  /** No new requests; resolves to the record when all that were sent are acknowledged. */
  finish(): Promise<Sent>;
  /** Ends everything at once. */
  abandon(): void;
}

interface Answers {
  accepted: number;
  refused: number;
  /** Connections that broke before an answer came: the gateway died. */
  unanswered: number;
  /** Answers that no client should ever see. */
  readonly wrong: string[];
  slowestMs: number;
}

export interface Sent {
  /** Events in acknowledged requests, duplicates included. */
  readonly events: number;
  /** Payload by event ID. */
  readonly payloads: ReadonlyMap<string, unknown>;
}

const SENDERS = 4;
const EVENTS_PER_BATCH = 20;
/** Of the 20 events of a batch 6 are those of the batch before: 30 % duplicates. */
const STRIDE = 14;
const BETWEEN_BATCHES_MS = 10;
const BEFORE_RETRY_MS = 200;
const NEVER_ANSWERED_MS = 20_000;
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
  const answers: Answers = { accepted: 0, refused: 0, unanswered: 0, wrong: [], slowestMs: 0 };
  const payloads = new Map<string, unknown>();
  const abandoned = new AbortController();
  let finishing = false;

  const pause = (ms: number) => delay(ms, undefined, { signal: abandoned.signal }).catch(() => {});
  const deliver = async (key: string, events: readonly EventFields[]): Promise<void> => {
    for (const { event_id, payload } of events) payloads.set(String(event_id), payload);
    const body = JSON.stringify({ events });
    while (!abandoned.signal.aborted && !(await attempt(system, { key, body }, answers))) {
      await pause(BEFORE_RETRY_MS);
    }
  };
  const senders = range(SENDERS).map(async (sender) => {
    for (let n = 0; !finishing && !abandoned.signal.aborted; n++) {
      await deliver(`${topic}-${sender}-${n}`, batch(topic, sender, n));
      await pause(betweenBatchesMs);
    }
  });
  const grows = (count: 'accepted' | 'refused', by: number): Promise<void> => {
    const from = answers[count];
    return vi.waitFor(() => {
      if (answers[count] < from + by) throw new Error(`not ${by} more ${count}: ${JSON.stringify(answers)}`);
    }, PROGRESS);
  };

  return {
    topic,
    answers,
    acknowledges: (n) => grows('accepted', n),
    isRefused: (n) => grows('refused', n),
    async finish() {
      finishing = true;
      await Promise.all(senders);
      return { events: answers.accepted * EVENTS_PER_BATCH, payloads };
    },
    abandon: () => abandoned.abort(),
  };
}

/** Two senders each send the same events, so that they also meet as duplicates in different batches. */
function batch(topic: string, sender: number, n: number): EventFields[] {
  return range(EVENTS_PER_BATCH).map((i) => {
    const number = n * STRIDE + i;
    return event({ topic, event_id: `${sender % 2}-${number}`, payload: { number, text: `é ${number}` } });
  });
}

/** Whether the request was acknowledged. */
async function attempt(
  system: System,
  { key, body }: { key: string; body: string },
  answers: Answers,
): Promise<boolean> {
  const startedAt = performance.now();
  try {
    const response = await system.post(
      body,
      { 'idempotency-key': key },
      AbortSignal.timeout(NEVER_ANSWERED_MS),
    );
    const text = await response.text();
    answers.slowestMs = Math.max(answers.slowestMs, performance.now() - startedAt);
    if (response.status === 202) answers.accepted += 1;
    else if (isRefusal(response)) answers.refused += 1;
    else answers.wrong.push(`${response.status} ${text}`);
    return response.status === 202;
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') answers.wrong.push(`no answer in ${NEVER_ANSWERED_MS} ms`);
    else answers.unanswered += 1;
    return false;
  }
}

/** 503 as the contract has it: a problem document, and a time after which to come again. */
export function isRefusal({ status, headers }: Response): boolean {
  return (
    status === 503 &&
    /^[1-9]\d*$/.test(headers.get('retry-after') ?? '') &&
    headers.get('content-type')?.startsWith('application/problem+json') === true
  );
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
