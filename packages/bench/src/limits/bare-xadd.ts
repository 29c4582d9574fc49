import { openTestRedis } from '@oncelog/event-stream/testing';
import { bodiesOf } from '../load/bodies.ts';
import type { Send } from '../load/closed-loop.ts';
import type { LoadReport } from '../load/load-report.ts';
import { sendAtRate } from '../load/open-loop.ts';
import type { LoadPlan } from '../load/plan.ts';
import { latencies } from '../statistics.ts';
import { cpuSeconds, serve } from '../workers/serve.ts';

/** How fast Redis confirms the same bytes at the same rate, with nothing around it. */
const KEY = 'bench:xadd';

let bodies: Buffer[] = [];

serve({
  prepare(plan: LoadPlan) {
    bodies = bodiesOf(plan);
  },
  async append({ url, perSecond }: { url: string; perSecond: number }): Promise<LoadReport> {
    const client = await openTestRedis(url);
    const send: Send = async (body) => {
      await client.xAdd(KEY, '*', { body });
    };
    const cpuBefore = cpuSeconds();
    // one connection, as the gateway has: node-redis pipelines on it
    const senders = bodies.map(() => send);
    const { startedAtMs, endedAtMs, latenciesMs } = await sendAtRate(bodies, senders, { perSecond });
    const cpu = cpuSeconds() - cpuBefore;
    await client.unlink(KEY);
    client.destroy();
    return { startedAtMs, endedAtMs, latencyMs: latencies(latenciesMs), cpuSeconds: cpu, retries: 0 };
  },
});
