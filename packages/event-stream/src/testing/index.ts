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
  // without what is sent at every connect and nobody needs: see connection.ts
  const client = createClient({ url, disableClientInfo: true, maintNotifications: 'disabled' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A user who may do everything, for a Redis that has users; see infra/redis/users.acl for those that systems have. */
export const TEST_USER = 'user test on >test resetchannels ~* &* +@all';

/** The URL of that user. */
export function asTestUser(url: string): string {
  return Object.assign(new URL(url), { username: 'test', password: 'test' }).href;
}

/** A batch of `events` small events. */
export function streamBatch(events = 1, given: Partial<Batch> = {}): Batch {
  const body = JSON.stringify({ events: Array.from({ length: events }, (_, i) => ({ event_id: `e${i}` })) });
  return { batchId: randomUUID(), events, body: Buffer.from(body), ...given };
}
