import type { BacklogLimit, ShardTotals, StreamWriter } from '@oncelog/event-stream';
import { Gauge, type Registry } from '@oncelog/service-kit';

export interface StreamGaugesDeps {
  readonly registry: Registry;
  readonly stream: Pick<StreamWriter, 'totals' | 'oldestUnappliedMs' | 'memory'>;
}

type ServerMemory = Awaited<ReturnType<StreamWriter['memory']>>;
type OfShard = (shard: ShardTotals & { readonly oldestUnappliedMs: number | undefined }) => number;
type OfServer = (memory: ServerMemory) => number;

/** `name`, what it is, and where it comes from. */
const SHARD_GAUGES: readonly (readonly [name: string, help: string, of: OfShard])[] = [
  [
    'oncelog_stream_backlog_events',
    'Events of a shard that were accepted and are not acknowledged yet.',
    ({ appendedEvents, ackedEvents }) => appendedEvents - ackedEvents,
  ],
  ['oncelog_stream_backlog_bytes', 'The backlog of a shard in bytes.', ({ inFlightBytes }) => inFlightBytes],
  ['oncelog_stream_lag_entries', 'Entries of a shard that no consumer has read yet.', ({ lag }) => lag],
  [
    'oncelog_stream_pending_entries',
    'Entries of a shard that a consumer has read and not acknowledged yet.',
    ({ pending }) => pending,
  ],
  [
    'oncelog_stream_oldest_unapplied_age_seconds',
    'How long the oldest entry of a shard that is not acknowledged has waited; 0 where nothing waits.',
    ({ oldestUnappliedMs = 0 }) => oldestUnappliedMs / 1_000,
  ],
];

const SERVER_GAUGES: readonly (readonly [name: string, help: string, of: OfServer])[] = [
  ['oncelog_redis_memory_used_bytes', 'Memory that Redis uses.', ({ usedBytes }) => usedBytes],
  [
    'oncelog_redis_memory_max_bytes',
    'Memory beyond which Redis refuses to write; 0 where there is no limit.',
    ({ maxBytes }) => maxBytes,
  ],
];

/**
 * Gauges of what is in the streams, and of the memory it takes. They are read when they are asked for: one look at
 * Redis for all gauges of a scrape. While Redis does not answer they have no value, rather than the last one.
 */
export function registerStreamGauges(
  { registry, stream }: StreamGaugesDeps,
  { shards, limit }: Limits,
): void {
  const registers = [registry];
  const read = shared(async () => {
    // a server may keep INFO to itself
    const memory = stream.memory().catch(() => undefined);
    const [totals, oldest] = await Promise.all([stream.totals(), stream.oldestUnappliedMs()]);
    const shards = totals.map((of, at) => ({ ...of, oldestUnappliedMs: oldest[at] }));
    return { shards, memory: await memory };
  });

  for (const [name, help, of] of SHARD_GAUGES) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['shard'],
      registers,
      collect: async () => {
        const found = await read();
        gauge.reset();
        for (const shard of found?.shards ?? []) gauge.set({ shard: shard.shard }, of(shard));
      },
    });
  }
  for (const [name, help, of] of SERVER_GAUGES) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: async () => {
        const found = await read();
        if (found?.memory === undefined) gauge.remove();
        else gauge.set(of(found.memory));
      },
    });
  }
  registerLimits(registry, { shards, limit });
}

interface Limits {
  readonly shards: number;
  /** For each shard. */
  readonly limit: BacklogLimit;
}

/** With the labels of the backlog's own gauges, so that one divides by the other. */
function registerLimits(registry: Registry, { shards, limit }: Limits): void {
  const gauge = (unit: string): Gauge =>
    new Gauge({
      name: `oncelog_stream_backlog_limit_${unit}`,
      help: `The backlog in ${unit} at which this gateway refuses events for a shard.`,
      labelNames: ['shard'],
      registers: [registry],
    });
  const [events, bytes] = [gauge('events'), gauge('bytes')];
  for (let shard = 0; shard < shards; shard += 1) {
    events.set({ shard }, limit.maxEvents);
    bytes.set({ shard }, limit.maxBytes);
  }
}

/** Those who ask while an answer is under way share it; undefined where there is none to be had. */
function shared<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let underWay: Promise<T | undefined> | undefined;
  return () => {
    underWay ??= read()
      .catch(() => undefined) // /health says why, and the log
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };
}
