import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import type { StreamLogger } from '../connection.ts';
import type { Batch } from '../entry.ts';

/** For tests that do not look at the log. */
export const silentLog: StreamLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** A prefix of its own for a test file, on a Redis that tests share. */
export function testPrefix(): string {
  return `test-${randomUUID()}`;
}

/** A bare client for looking at keys and for breaking things; not what the services use. */
export async function openTestRedis(url: string) {
  const client = createClient({ url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A batch of `events` small events. */
export function streamBatch(events = 1, given: Partial<Batch> = {}): Batch {
  const body = JSON.stringify({ events: Array.from({ length: events }, (_, i) => ({ event_id: `e${i}` })) });
  return { batchId: randomUUID(), events, body: Buffer.from(body), ...given };
}
