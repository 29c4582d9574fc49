import { nowMs } from '../workers/serve.ts';

export type Send = (body: Buffer) => Promise<void>;

export interface Timing {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of each request, in milliseconds. */
  readonly latenciesMs: Float64Array;
}

/** Every sender takes the next body as soon as its last one is answered. */
export async function sendAll(bodies: readonly Buffer[], senders: readonly Send[]): Promise<Timing> {
  const latenciesMs = new Float64Array(bodies.length);
  let next = 0;
  const sendOn = async (send: Send): Promise<void> => {
    while (next < bodies.length) {
      const number = next++;
      const sentAtMs = performance.now();
      await send(bodies[number] as Buffer);
      latenciesMs[number] = performance.now() - sentAtMs;
    }
  };
  const startedAtMs = nowMs();
  await Promise.all(senders.map(sendOn));
  return { startedAtMs, endedAtMs: nowMs(), latenciesMs };
}
