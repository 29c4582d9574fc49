import { createFastHistogram, type Registry, type Series } from '@oncelog/service-kit';

export interface RequestMetrics {
  /** A request was answered, or its client has gone. */
  answered(method: string, route: string, status: number, seconds: number): void;
}

/** Others are shown as `other`: clients choose their methods. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'DELETE']);
/** Answered at once, but open for hours: among the others they would say nothing. */
const EVENT_STREAMS = new Set(['/tail', '/live']);

/**
 * Measures requests by route, method and status. Routes are those of the table of operations, `/publish lines` for bodies
 * that take as long as their clients like, or `unknown`: what clients choose makes no series.
 */
export function createRequestMetrics(registry: Registry): RequestMetrics {
  const requests = createFastHistogram(registry, {
    name: 'oncelog_gateway_request_duration_seconds',
    help: 'Time from a request to its answer; without those that opened an event stream.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  });
  const streams = createFastHistogram(registry, {
    name: 'oncelog_gateway_event_stream_duration_seconds',
    help: 'How long clients have listened to event streams, when they are gone.',
    labelNames: ['route'],
    buckets: [1, 10, 60, 600, 3_600, 21_600, 86_400],
  });
  // there before anybody asks: an alert on refusals must know a rate of zero
  requests.series({ method: 'POST', route: '/publish', status: '202' });
  for (const route of EVENT_STREAMS) streams.series({ route });

  const seriesOf = (method: string, route: string, status: number): Series =>
    EVENT_STREAMS.has(route) && status === 200
      ? streams.series({ route })
      : requests.series({ method: METHODS.has(method) ? method : 'other', route, status: String(status) });
  const known = new Map<string, Map<string, Map<number, Series>>>();

  return {
    answered(method, route, status, seconds) {
      const ofRoute = known.get(route) ?? remember(known, route, new Map<string, Map<number, Series>>());
      const ofMethod = ofRoute.get(method) ?? remember(ofRoute, method, new Map<number, Series>());
      const series = ofMethod.get(status) ?? remember(ofMethod, status, seriesOf(method, route, status));
      series.observe(seconds);
    },
  };
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}
