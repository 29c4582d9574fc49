import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from '@oncelog/client';
import { chance, integer, randomAt } from '@oncelog/publisher';
import type { ChaosRecord, SentBatch } from './record.ts';
import { chaosEvents } from './workload.ts';

export interface PublishersInput {
  readonly url: string;
  readonly seed: number;
  readonly publishers: number;
  /** No new batch is begun after it. */
  readonly stop: AbortSignal;
  /** What is under way is given up as well: its outcome then stays unknown. */
  readonly giveUp: AbortSignal;
}

const LONGEST_PAUSE_MS = 120;
/** In percent: batches that are published once more, as by a client that has lost its answer. */
const AGAIN = 5;

/** Publishers that go on until they are stopped, and retry each batch until it is acknowledged. */
export async function runPublishers(record: ChaosRecord, input: PublishersInput): Promise<void> {
  const client = createClient({
    url: input.url,
    timeoutMs: 6_000,
    retry: { maxAttempts: Number.POSITIVE_INFINITY, baseMs: 20, capMs: 500, maxRetryAfterMs: 500 },
    onRetry: record.retried,
  });
  const numbers = Array.from({ length: input.publishers }, (_, publisher) => publisher);
  await Promise.all(numbers.map((publisher) => publishOn({ client, record }, input, publisher)));
}

interface PublisherDeps {
  readonly client: Client;
  readonly record: ChaosRecord;
}

async function publishOn(deps: PublisherDeps, input: PublishersInput, publisher: number): Promise<void> {
  const random = randomAt(input.seed, -1_000_000_000 - publisher);
  for (let number = 0; !input.stop.aborted; number++) {
    const events = chaosEvents(input.seed, { publisher, number });
    const batch = deps.record.send({ publisher, number, events: events.length });
    const times = chance(random, AGAIN) ? 2 : 1;
    const atOnce = chance(random, 50);
    const publishOnce = () => publishBatch(deps, { batch, events, giveUp: input.giveUp });
    if (atOnce) await Promise.all(Array.from({ length: times }, publishOnce));
    else for (let time = 0; time < times; time++) await publishOnce();
    await delay(integer(random, 0, LONGEST_PAUSE_MS), undefined, { signal: input.stop }).catch(() => {});
  }
}

interface Publication {
  readonly batch: SentBatch;
  readonly events: ReturnType<typeof chaosEvents>;
  readonly giveUp: AbortSignal;
}

async function publishBatch({ client, record }: PublisherDeps, publication: Publication): Promise<void> {
  const { batch, events, giveUp } = publication;
  const idempotencyKey = `${batch.publisher}-${batch.number}`;
  try {
    record.acknowledge(batch, await client.publishBatch(events, { idempotencyKey, signal: giveUp }));
  } catch (error) {
    if (!giveUp.aborted) record.contradict(`batch ${idempotencyKey}: ${String(error)}`);
  }
}
