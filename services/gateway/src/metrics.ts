import { Counter, Gauge, Histogram, type Registry } from '@oncelog/service-kit';

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** What the gateway tells Prometheus. */
export function createGatewayMetrics(registry: Registry) {
  const registers = [registry];
  return {
    acceptedEvents: new Counter({
      name: 'oncelog_gateway_accepted_events_total',
      help: 'Events of requests answered with 202, and of replayed dead letters.',
      registers,
    }),
    replays: new Counter({
      name: 'oncelog_gateway_dead_letter_replays_total',
      help: 'Dead letters that were to be replayed, by outcome: replayed or refused.',
      labelNames: ['outcome'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'oncelog_gateway_request_seconds',
      help: 'Time from a request to its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    auditConsistent: unknownAtFirst(
      new Gauge({
        name: 'oncelog_audit_consistent',
        help: '1 when the last audit found everything consistent, 0 when not; NaN before the first.',
        registers,
      }),
    ),
    auditDifference: new Gauge({
      name: 'oncelog_audit_difference',
      help: 'Left minus right side of each check that did not hold in the last audit.',
      labelNames: ['check'],
      registers,
    }),
    auditedAt: unknownAtFirst(
      new Gauge({
        name: 'oncelog_audit_last_timestamp_seconds',
        help: 'When the last audit that could be made began; NaN before the first.',
        registers,
      }),
    ),
  };
}

/** A gauge starts at 0, which would read as inconsistent. */
function unknownAtFirst(gauge: Gauge): Gauge {
  gauge.set(Number.NaN);
  return gauge;
}
