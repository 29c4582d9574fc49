import type { TailDropped } from '@oncelog/event-schema';
import { Counter, Gauge, type Registry } from '@oncelog/service-kit';

export type TailMetrics = ReturnType<typeof createTailMetrics>;

const REASONS: readonly TailDropped['reason'][] = ['slow-reader', 'rate', 'retention'];

/** What the live tail tells Prometheus. */
export function createTailMetrics(registry: Registry) {
  const registers = [registry];
  const drops = new Counter({
    name: 'oncelog_gateway_tail_drops_total',
    help: 'How often events were left out, by reason: for all clients of GET /tail (rate), or for one.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of REASONS) drops.inc({ reason }, 0);
  return {
    drops,
    readers: new Gauge({
      name: 'oncelog_gateway_tail_readers',
      help: 'Clients of GET /tail.',
      registers,
    }),
    events: new Counter({
      name: 'oncelog_gateway_tail_events_total',
      help: 'Events that were read for clients of GET /tail, once for all of them; those that resume read more.',
      registers,
    }),
    skippedEvents: new Counter({
      name: 'oncelog_gateway_tail_skipped_events_total',
      help: 'Events that came faster than they are read for clients of GET /tail, and were left out.',
      registers,
    }),
    failures: new Counter({
      name: 'oncelog_gateway_tail_failures_total',
      help: 'Reads for clients of GET /tail that failed and were tried again.',
      registers,
    }),
  };
}
