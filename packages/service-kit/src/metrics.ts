import { performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Gauges that prom-client names as if they were counters. Those of each kind, without `_total`, say more. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * A registry of a service's own, with the process and event-loop metrics of Node.js.
 *
 * @param version of the service, shown by `oncelog_build_info`
 */
export function createRegistry(service: string, version?: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  measureEventLoop(registry);
  if (version !== undefined) showBuild(registry, version);
  return registry;
}

function showBuild(registry: Registry, version: string): void {
  const info = new Gauge({
    name: 'oncelog_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  });
  info.set({ version, node_version: process.version }, 1);
}

/** As a counter, so that it does not matter how often and by how many it is asked for: its rate is the utilization. */
function measureEventLoop(registry: Registry): void {
  let known = 0;
  const active: Counter = new Counter({
    name: 'oncelog_event_loop_active_seconds_total',
    help: 'Time that the event loop was busy: its rate is the utilization, at 1 the process can do no more.',
    registers: [registry],
    collect: () => {
      const seconds = performance.eventLoopUtilization().active / 1_000;
      active.inc(Math.max(0, seconds - known));
      known = seconds;
    },
  });
}
