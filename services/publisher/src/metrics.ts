import {
  Counter,
  createFastSeries,
  createRegistry,
  Gauge,
  type Registry,
  type Series,
} from '@oncelog/service-kit';
import { VERSION } from './version.ts';

/** What a publisher tells Prometheus while it runs. */
export interface PublisherMetrics {
  readonly registry: Registry;
  readonly plannedEvents: Gauge;
  readonly publishedEvents: Counter;
  readonly retries: Counter;
  /** Of a batch until it is accepted, retries included. */
  readonly publishSeconds: Series;
  /** As `fetch`, and counts what is answered to POST. */
  readonly fetch: typeof globalThis.fetch;
}

/** The status of a request that got no answer. */
const NO_ANSWER = 'none';

export function createPublisherMetrics(): PublisherMetrics {
  const registry = createRegistry('publisher', VERSION);
  const registers = [registry];
  const responses = new Counter({
    name: 'oncelog_publisher_responses_total',
    help: 'Answers to batches by HTTP status, each try for itself; none where no answer came.',
    labelNames: ['status'],
    registers,
  });
  for (const status of ['202', '503', NO_ANSWER]) responses.inc({ status }, 0);

  return {
    registry,
    plannedEvents: new Gauge({
      name: 'oncelog_publisher_planned_events',
      help: 'Events that this run publishes in all, duplicates included.',
      registers,
    }),
    publishedEvents: new Counter({
      name: 'oncelog_publisher_published_events_total',
      help: 'Events of batches that were accepted, duplicates included.',
      registers,
    }),
    retries: new Counter({
      name: 'oncelog_publisher_retries_total',
      help: 'Tries beyond the first of batches that were accepted.',
      registers,
    }),
    publishSeconds: createFastSeries(registry, {
      name: 'oncelog_publisher_publish_duration_seconds',
      help: 'Time until a batch was accepted, retries included.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    }),
    async fetch(input, init) {
      const count = (status: string): void => {
        if (init?.method === 'POST') responses.inc({ status });
      };
      try {
        const response = await globalThis.fetch(input, init);
        count(String(response.status));
        return response;
      } catch (error) {
        count(NO_ANSWER);
        throw error;
      }
    },
  };
}
