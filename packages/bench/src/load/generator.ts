import { latencies } from '../statistics.ts';
import { cpuSeconds, serve } from '../workers/serve.ts';
import { bodiesOf } from './bodies.ts';
import { sendAll, type Timing } from './closed-loop.ts';
import { openPublishConnection } from './connection.ts';
import type { LoadInput, LoadReport } from './load-report.ts';
import { sendAtRate } from './open-loop.ts';
import type { LoadPlan } from './plan.ts';

/** The load generator: a process of its own, so that making load does not disturb measuring it. */
let bodies: Buffer[] = [];

serve({
  prepare(plan: LoadPlan) {
    bodies = bodiesOf(plan);
  },
  async send({ url, connections: count, perSecond }: LoadInput): Promise<LoadReport> {
    const connections = Array.from({ length: count }, () => openPublishConnection(url));
    const senders = connections.map(({ publish }) => publish);
    const cpuBefore = cpuSeconds();
    const timing = await (perSecond === undefined
      ? sendAll(bodies, senders)
      : sendAtRate(bodies, senders, { perSecond }));
    const retries = connections.reduce((sum, connection) => sum + connection.retries(), 0);
    const cpu = cpuSeconds() - cpuBefore;
    bodies = [];
    await Promise.all(connections.map((connection) => connection.close()));
    return reportOf(timing, { cpu, retries });
  },
});

function reportOf(
  { startedAtMs, endedAtMs, latenciesMs }: Timing,
  { cpu, retries }: { cpu: number; retries: number },
): LoadReport {
  return { startedAtMs, endedAtMs, latencyMs: latencies(latenciesMs), cpuSeconds: cpu, retries };
}
