import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import type { StreamLogger } from '../connection.ts';
import type { Batch } from '../entry.ts';
import { tlsSettings } from '../tls-settings.ts';

/** For tests that do not look at the log. */
export const silentLog: StreamLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** A prefix of its own for a test file, on a Redis that tests share. */
export function testPrefix(): string {
  return `test-${randomUUID()}`;
}

/**
 * A bare client for looking at keys and for breaking things; not what the services use. It waits for a server that is not
 * there, unless told not to `reconnect`.
 */
export async function openTestRedis(url: string, { reconnect = true } = {}) {
  const client = createClient({
    url,
    // without what is sent at every connect and nobody needs: see connection.ts
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: { ...tlsSettings(url), ...(reconnect ? {} : { reconnectStrategy: false }) },
  });
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
