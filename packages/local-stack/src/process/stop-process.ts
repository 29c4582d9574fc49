import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from './spawn-process.ts';

/** The signals to stop a process with, politest first, and how long each is given. SIGKILL comes after the last. */
export type StopPlan = readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[];

/** Stops a process by the plan. Resolves when it is gone. */
export async function stopProcess(running: RunningProcess, plan: StopPlan): Promise<void> {
  for (const { signal, waitMs } of plan) {
    running.kill(signal);
    if (await exitsWithin(running, waitMs)) return;
  }
  running.kill('SIGKILL', 'group');
  await running.exited;
}

async function exitsWithin(running: RunningProcess, waitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(waitMs, false, { signal: timer.signal }).catch(() => false);
  const exited = await Promise.race([running.exited.then(() => true), late]);
  timer.abort();
  return exited;
}
