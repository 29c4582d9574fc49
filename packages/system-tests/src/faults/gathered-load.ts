import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { event, range, type System } from '../testing/system.ts';
import { type Answers, type Fate, noAnswers, publishOnce } from './answers.ts';

/**
 * A client that publishes small requests without an Idempotency-Key, several at a time, so that the gateway gathers
 * them into batches. It sends nothing again, since that would be another batch: it keeps for each request what it
 * was told.
 */
export interface GatheredLoad {
  readonly answers: Readonly<Answers>;
  /** Resolves when `n` more requests have been acknowledged. */
  acknowledges(n: number): Promise<void>;
  /** No new requests; resolves to the record when all that were sent have their answer, or will have none. */
  finish(): Promise<GatheredSent>;
  /** Ends everything at once. */
  abandon(): void;
}

export interface GatheredSent {
  readonly topic: string;
  readonly requests: readonly (SmallRequest & { readonly fate: Fate })[];
}

interface SmallRequest {
  /** Event IDs, and each one's payload as `jsonb` writes it. */
  readonly events: ReadonlyMap<string, string>;
  readonly body: string;
}

const TOGETHER = 5;
const BETWEEN_ROUNDS_MS = 10;
const AFTER_REFUSAL_MS = 200;

export function startGatheredLoad(
  system: System,
  topic: string,
  { betweenRoundsMs = BETWEEN_ROUNDS_MS }: { readonly betweenRoundsMs?: number | undefined } = {},
): GatheredLoad {
  const answers = noAnswers();
  const requests: (SmallRequest & { fate: Fate })[] = [];
  const abandoned = new AbortController();
  let finishing = false;

  const publish = async (number: number): Promise<Fate> => {
    const request = smallRequest(topic, number);
    const fate = await publishOnce(system, request, answers);
    requests.push({ ...request, fate });
    return fate;
  };
  const sending = (async () => {
    for (let round = 0; !finishing && !abandoned.signal.aborted; round++) {
      const fates = await Promise.all(range(TOGETHER).map((i) => publish(round * TOGETHER + i)));
      const waitMs = fates.every(({ kind }) => kind === 'accepted') ? betweenRoundsMs : AFTER_REFUSAL_MS;
      await delay(waitMs, undefined, { signal: abandoned.signal }).catch(() => {});
    }
  })();

  return {
    answers,
    async acknowledges(n) {
      const goal = answers.accepted + n;
      await expect.poll(() => answers.accepted, { timeout: 30_000 }).toBeGreaterThanOrEqual(goal);
    },
    async finish() {
      finishing = true;
      await sending;
      return { topic, requests };
    },
    abandon: () => abandoned.abort(),
  };
}

/** Of its two events the second is the next request's first. Bodies are of several forms, all of which are allowed. */
function smallRequest(topic: string, number: number): SmallRequest {
  const events = new Map([number, number + 1].map((n) => [`${n}`, payloadText(n)]));
  const texts = [...events].map(([event_id, payload]) => {
    const { payload: _any, ...fields } = event({ topic, event_id });
    return `${JSON.stringify(fields).slice(0, -1)},"payload":${payload}}`;
  });
  const list = `"events": [${texts.join(',')}]`;
  const forms = [`{${list}}`, `{"events":[],${list}}`, `{"note":"]},{","more":[{}],${list}}`, ` {${list}}\n`];
  return { events, body: forms[number % forms.length] ?? '' };
}

/** With the spaces and the order of keys that `jsonb` has, so that it can be compared byte for byte. */
function payloadText(number: number): string {
  return `{"text": "é \\"}]},{\\"events\\":[ ${number}", "number": 90071992547409${number}.50}`;
}

export interface Kept {
  /** Nothing, if every acknowledged event is stored once, byte for byte, and none that was refused or never sent. */
  readonly differences: readonly string[];
  readonly stored: number;
  /** Events in acknowledged requests, duplicates included. */
  readonly leastReceived: number;
  /** With those of requests whose outcome is not known. */
  readonly mostReceived: number;
  /** Acknowledged requests, and the batches that they became part of. */
  readonly requests: number;
  readonly batches: number;
}

/** Compares the record with the table. */
export async function keptOf(system: System, { topic, requests }: GatheredSent): Promise<Kept> {
  const rows = await system.sql<{ event_id: string; payload: string }[]>`
    SELECT event_id, payload::text AS payload FROM processed_events WHERE topic = ${topic}`;
  const stored = new Map(rows.map(({ event_id, payload }) => [event_id, payload]));
  const of = (kind: Fate['kind']) => requests.filter(({ fate }) => fate.kind === kind);
  const eventsOf = (some: readonly SmallRequest[]) => new Map(some.flatMap(({ events }) => [...events]));
  const sizeOf = (some: readonly SmallRequest[]) => some.reduce((sum, { events }) => sum + events.size, 0);
  const accepted = of('accepted');
  const unknown = of('unknown');
  const acknowledged = eventsOf(accepted);
  const possible = eventsOf([...accepted, ...unknown]);
  return {
    differences: [
      ...[...acknowledged.keys()].filter((id) => !stored.has(id)).map((id) => `lost: ${id}`),
      ...[...stored.keys()].filter((id) => !possible.has(id)).map((id) => `refused or never sent: ${id}`),
      ...[...stored]
        .filter(([id, text]) => possible.has(id) && possible.get(id) !== text)
        .map(([id, text]) => `changed: ${id}: ${text}`),
      ...(rows.length > stored.size ? [`stored twice: ${rows.length - stored.size}`] : []),
    ],
    stored: rows.length,
    leastReceived: sizeOf(accepted),
    mostReceived: sizeOf(accepted) + sizeOf(unknown),
    requests: accepted.length,
    batches: new Set(accepted.map(({ fate }) => (fate as { batchId: string }).batchId)).size,
  };
}
