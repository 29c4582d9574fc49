import { expect, it } from 'vitest';
import { createDatabaseMetrics } from './database-metrics.ts';
import { createRegistry } from './metrics.ts';
import { createRedisMetrics } from './redis-metrics.ts';

/** The samples of ours: `{ 'name{labels}': value }`, without the label of the service. */
async function shown(registry: ReturnType<typeof createRegistry>, prefix: string) {
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith(prefix));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(.*) (\S+)$/.exec(line.replace(/,?service="test"/, '')) ?? [];
      return [name, Number(value)];
    }),
  );
}

it('says what runs', async () => {
  const registry = createRegistry('test', '1.2.3');
  expect(await shown(registry, 'oncelog_build_info')).toEqual({
    [`oncelog_build_info{version="1.2.3",node_version="${process.version}"}`]: 1,
  });
});

it('has no gauge that is named like a counter', async () => {
  const text = await createRegistry('test').metrics();
  const counters = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].filter(([, name]) =>
    name?.endsWith('_total'),
  );
  expect(counters.length).toBeGreaterThan(0);
  expect(counters.filter(([, , type]) => type !== 'counter')).toEqual([]);
});

it('counts the time that the event loop is busy, whoever asks how often', async () => {
  const registry = createRegistry('test');
  const active = async (): Promise<number> =>
    (await shown(registry, 'oncelog_event_loop_active_seconds_total{'))[
      'oncelog_event_loop_active_seconds_total{}'
    ] ?? Number.NaN;
  const before = await active();
  await new Promise(setImmediate);
  const until = performance.now() + 50;
  while (performance.now() < until); // busy
  await new Promise(setImmediate);
  await active();
  const busy = (await active()) - before;
  expect(busy).toBeGreaterThanOrEqual(0.045);
});

it('shows a pool: what runs, what waits, what failed', async () => {
  const registry = createRegistry('test');
  const { observer, maxConnections } = createDatabaseMetrics(registry).pool('queries', 8);
  expect(maxConnections).toBe(8);
  for (let i = 0; i < 3; i += 1) observer.waits();
  observer.begins();
  observer.begins();
  const of = '{pool="queries"}';
  expect(await shown(registry, 'oncelog_database')).toMatchObject({
    [`oncelog_database_connections_limit${of}`]: 8,
    [`oncelog_database_statements_running${of}`]: 2,
    [`oncelog_database_statements_waiting${of}`]: 1,
    [`oncelog_database_statement_failures_total${of}`]: 0,
  });
  observer.givesUp();
  observer.ends(20, false);
  observer.ends(30, true);
  expect(await shown(registry, 'oncelog_database')).toMatchObject({
    [`oncelog_database_statements_running${of}`]: 0,
    [`oncelog_database_statements_waiting${of}`]: 0,
    [`oncelog_database_statement_failures_total${of}`]: 2,
    [`oncelog_database_statement_duration_seconds_sum${of}`]: 0.05,
    [`oncelog_database_statement_duration_seconds_count${of}`]: 2,
  });
});

it('shows connections to Redis by state, and counts those that were lost', async () => {
  const registry = createRegistry('test');
  const observer = createRedisMetrics(registry);
  const states = async () => {
    const found = await shown(registry, 'oncelog_redis_connection');
    return [
      found['oncelog_redis_connections{state="ready"}'],
      found['oncelog_redis_connections{state="down"}'],
      found['oncelog_redis_connection_losses_total{}'],
    ];
  };
  observer.opened();
  observer.opened();
  observer.ready();
  observer.ready();
  observer.lost();
  expect(await states()).toEqual([1, 1, 1]);
  observer.closed(false);
  observer.closed(true);
  expect(await states()).toEqual([0, 0, 1]);
});
