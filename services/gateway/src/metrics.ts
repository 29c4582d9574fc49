import { Counter, createFastSeries, Gauge, type Registry } from '@oncelog/service-kit';
import type { EventStreams } from './event-streams.ts';
import { PROBLEMS } from './problem.ts';
import { createRequestMetrics } from './request-metrics.ts';

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

const KIB = 1_024;
const BODY_BYTES = [256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, KIB ** 2, 4 * KIB ** 2, 16 * KIB ** 2];

/** What the gateway tells Prometheus. Label values that are known are there from the start, so that rates work. */
export function createGatewayMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
  return {
    requests: createRequestMetrics(registry),
    ...publishMetrics(registry),
    acceptedEvents: counter(
      'oncelog_gateway_accepted_events_total',
      'Events that were kept: of requests answered with 202, of batches of lines, and of replayed dead letters.',
    ),
    replays: withLabels(
      new Counter({
        name: 'oncelog_gateway_dead_letter_replays_total',
        help: 'Dead letters that were to be replayed, by outcome: replayed or refused.',
        labelNames: ['outcome'],
        registers,
      }),
      { outcome: ['replayed', 'refused'] },
    ),
    refusedRequests: withLabels(
      new Counter({
        name: 'oncelog_gateway_refused_requests_total',
        help: 'Requests answered with a problem document, by its code.',
        labelNames: ['code'],
        registers,
      }),
      { code: Object.keys(PROBLEMS) },
    ),
    refusedConnections: withLabels(
      new Counter({
        name: 'oncelog_gateway_refused_connections_total',
        help: 'Connections closed without an answer, by reason: total (MAX_CONNECTIONS), address (MAX_CONNECTIONS_PER_ADDRESS) or pipelining.',
        labelNames: ['reason'],
        registers,
      }),
      { reason: ['total', 'address', 'pipelining'] },
    ),
    uncountedRequests: counter(
      'oncelog_gateway_uncounted_requests_total',
      'Requests let through although they could not be counted for the rate limit: Redis was away.',
    ),
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

/** Of the way from a request to the stream. */
function publishMetrics(registry: Registry) {
  const registers = [registry];
  return {
    /** Bytes of request bodies that are in memory now. */
    inFlightBodies: trackInFlight(registry),
    requestEvents: createFastSeries(registry, {
      name: 'oncelog_gateway_request_events',
      help: 'Events of an accepted request, or of a batch of lines.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 10_000],
    }),
    requestBodyBytes: createFastSeries(registry, {
      name: 'oncelog_gateway_request_body_bytes',
      help: 'Size of the body of an accepted request, decompressed, or of a batch of lines.',
      buckets: BODY_BYTES,
    }),
    gatheredRequests: createFastSeries(registry, {
      name: 'oncelog_gateway_gathered_requests',
      help: 'Small requests that were made one batch.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    }),
    appendSeconds: createFastSeries(registry, {
      name: 'oncelog_gateway_append_duration_seconds',
      help: 'Time until Redis has confirmed a batch, further tries included.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    }),
    appendRetries: new Counter({
      name: 'oncelog_gateway_append_retries_total',
      help: 'Appends tried again because Redis was away, did not answer, or was loading.',
      registers,
    }),
  };
}

/** Whether the keys are those of the settings: always, where there are none that can change. */
export function registerKeysGauge(registry: Registry, areCurrent: () => boolean): void {
  const gauge: Gauge = new Gauge({
    name: 'oncelog_gateway_api_keys_last_reload_successful',
    help: '0 while API_KEYS_FILE cannot be read or is broken, and the keys from before stay; otherwise 1.',
    registers: [registry],
    collect: () => gauge.set(areCurrent() ? 1 : 0),
  });
}

export interface CapacityGauges {
  readonly eventStreams: Pick<EventStreams, 'count'>;
  readonly maxEventStreams: number;
  readonly maxInFlightBytes: number;
}

/** How many event streams are open, and the limits that one divides by. */
export function registerCapacityGauges(
  registry: Registry,
  { eventStreams, maxEventStreams, maxInFlightBytes }: CapacityGauges,
): void {
  const gauge = (name: string, help: string, now: () => number): void => {
    const shown: Gauge = new Gauge({ name, help, registers: [registry], collect: () => shown.set(now()) });
  };
  gauge(
    'oncelog_gateway_event_streams',
    'Clients that listen to event streams now: GET /tail, GET /live.',
    () => eventStreams.count,
  );
  gauge(
    'oncelog_gateway_event_streams_limit',
    'Most event streams at a time: MAX_EVENT_STREAMS.',
    () => maxEventStreams,
  );
  gauge(
    'oncelog_gateway_in_flight_body_limit_bytes',
    'Most bytes of request bodies in memory at a time: MAX_IN_FLIGHT_BYTES.',
    () => maxInFlightBytes,
  );
}

function trackInFlight(registry: Registry): { bytes: number } {
  const inFlight = { bytes: 0 };
  const gauge: Gauge = new Gauge({
    name: 'oncelog_gateway_in_flight_body_bytes',
    help: 'What request bodies in memory have reserved; at MAX_IN_FLIGHT_BYTES further requests get 503.',
    registers: [registry],
    collect: () => gauge.set(inFlight.bytes),
  });
  return inFlight;
}

/** Shows a counter's known label values from the start. */
function withLabels<Label extends string>(
  counter: Counter<Label>,
  values: Readonly<Record<Label, readonly string[]>>,
): Counter<Label> {
  for (const [label, known] of Object.entries<readonly string[]>(values)) {
    for (const value of known) counter.inc({ [label]: value } as Record<Label, string>, 0);
  }
  return counter;
}

/** A gauge starts at 0, which would read as inconsistent. */
function unknownAtFirst(gauge: Gauge): Gauge {
  gauge.set(Number.NaN);
  return gauge;
}
