import { createFastHistogram } from './fast-histogram.ts';
import { Counter, Gauge, type Registry } from './metrics.ts';

/** Told what becomes of each statement: it waits for a connection, then begins or gives up, then ends. */
export interface PoolObserver {
  waits(): void;
  begins(): void;
  givesUp(): void;
  ends(tookMs: number, failed: boolean): void;
}

export interface DatabaseMetrics {
  /** What to spread into the options of a pool of connections. The name is one of a few. */
  pool(
    name: string,
    maxConnections: number,
  ): { readonly maxConnections: number; readonly observer: PoolObserver };
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The pools of connections to Postgres, by name. */
export function createDatabaseMetrics(registry: Registry): DatabaseMetrics {
  const registers = [registry];
  const labelNames = ['pool'] as const;
  const limit = new Gauge({
    name: 'oncelog_database_connections_limit',
    help: 'Most connections to Postgres that a pool opens.',
    labelNames,
    registers,
  });
  const running = new Gauge({
    name: 'oncelog_database_statements_running',
    help: 'Statements under way, each on a connection.',
    labelNames,
    registers,
  });
  const waiting = new Gauge({
    name: 'oncelog_database_statements_waiting',
    help: 'Statements that wait for a free connection.',
    labelNames,
    registers,
  });
  const failures = new Counter({
    name: 'oncelog_database_statement_failures_total',
    help: 'Statements that failed, or found no free connection in time. Races that are tried again are among them.',
    labelNames,
    registers,
  });
  const seconds = createFastHistogram(registry, {
    name: 'oncelog_database_statement_duration_seconds',
    help: 'Time from sending a statement to its answer, failed ones included.',
    labelNames,
    buckets: BUCKETS,
  });

  return {
    pool(pool, maxConnections) {
      limit.set({ pool }, maxConnections);
      for (const gauge of [running, waiting]) gauge.set({ pool }, 0);
      failures.inc({ pool }, 0);
      const took = seconds.series({ pool });
      const [run, wait, fail] = [running.labels(pool), waiting.labels(pool), failures.labels(pool)];
      const observer: PoolObserver = {
        waits: () => wait.inc(),
        begins() {
          wait.dec();
          run.inc();
        },
        givesUp() {
          wait.dec();
          fail.inc();
        },
        ends(tookMs, failed) {
          run.dec();
          took.observe(tookMs / 1_000);
          if (failed) fail.inc();
        },
      };
      return { maxConnections, observer };
    },
  };
}
