import { randomUUID } from 'node:crypto';
import type { StoreBatch } from '../statements/apply-batches.ts';

export interface TestEvent {
  readonly topic?: string;
  readonly event_id: string;
  readonly payload?: unknown;
}

/** A batch as the consumer hands it over, of events that need not be complete. */
export function storeBatch(events: readonly TestEvent[], given: Partial<StoreBatch> = {}): StoreBatch {
  const whole = events.map((event) => ({
    topic: 'orders.created',
    timestamp: '2026-01-01T00:00:00Z',
    source: 'shop',
    payload: {},
    ...event,
  }));
  const { body = JSON.stringify({ events: whole }), dead = [] } = given;
  const deadEvents = dead.reduce((sum, { events: one }) => sum + one, 0);
  return {
    batchId: randomUUID(),
    entryId: '1-0',
    epoch: 'e1',
    events: (JSON.parse(body) as { events: unknown[] }).events.length + deadEvents,
    body,
    dead,
    ...given,
  };
}
