import { Worker } from 'node:worker_threads';
import { nowMs } from '../workers/serve.ts';
import type { Send, Timing } from './closed-loop.ts';
import type { PacerInput, Tick } from './pacer.ts';

/**
 * Sends at a fixed rate, whether or not the requests before are answered. A latency counts from the moment at which the
 * request was due, so that one that had to wait for a free sender counts as slow (no coordinated omission).
 */
export async function sendAtRate(
  bodies: readonly Buffer[],
  senders: readonly Send[],
  { perSecond }: { readonly perSecond: number },
): Promise<Timing> {
  const latenciesMs = new Float64Array(bodies.length);
  const free = [...senders];
  const due: Tick[] = [];
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let answered = 0;
  const sendDue = async (): Promise<void> => {
    const send = free.pop();
    const one = send && due.shift();
    if (send === undefined || one === undefined) {
      if (send !== undefined) free.push(send);
      return;
    }
    await send(bodies[one.number] as Buffer);
    latenciesMs[one.number] = nowMs() - one.dueAtMs;
    free.push(send);
    answered += 1;
    if (answered === bodies.length) resolve();
    return sendDue();
  };

  const startedAtMs = nowMs();
  const workerData: PacerInput = { perSecond, ticks: bodies.length };
  const pacer = new Worker(new URL('./pacer.ts', import.meta.url), { workerData });
  pacer.on('message', (tick: Tick) => {
    due.push(tick);
    sendDue().catch(reject);
  });
  pacer.once('error', reject);
  await Promise.race([done, failed]);
  return { startedAtMs, endedAtMs: nowMs(), latenciesMs };
}
