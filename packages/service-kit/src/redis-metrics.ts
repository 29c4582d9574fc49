import { Counter, Gauge, type Registry } from './metrics.ts';

/** Told what becomes of a connection: it is opened, then ready and lost in turn, then closed. */
export interface ConnectionObserver {
  opened(): void;
  ready(): void;
  lost(): void;
  /** @param wasReady whether it was ready until then */
  closed(wasReady: boolean): void;
}

/** The connections to Redis, all together. */
export function createRedisMetrics(registry: Registry): ConnectionObserver {
  const registers = [registry];
  const connections = new Gauge({
    name: 'oncelog_redis_connections',
    help: 'Connections to Redis by state: ready, or down and being made again.',
    labelNames: ['state'],
    registers,
  });
  const losses = new Counter({
    name: 'oncelog_redis_connection_losses_total',
    help: 'How often a connection to Redis that was ready was lost, or given up because Redis did not answer.',
    registers,
  });
  const [ready, down] = [connections.labels('ready'), connections.labels('down')];
  for (const gauge of [ready, down]) gauge.set(0);
  return {
    opened: () => down.inc(),
    ready() {
      down.dec();
      ready.inc();
    },
    lost() {
      ready.dec();
      down.inc();
      losses.inc();
    },
    closed: (wasReady) => (wasReady ? ready : down).dec(),
  };
}
