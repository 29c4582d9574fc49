import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Ask } from './messages.ts';

/** A process of its own that does tasks for us. */
export interface Worker {
  readonly pid: number;
  ask<Result>(task: string, input?: unknown): Promise<Result>;
  close(): Promise<void>;
}

/** Starts a program that calls `serve`. */
export function openWorker(program: URL): Worker {
  const child = fork(fileURLToPath(program), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const end = new Error(`${program.pathname} ended (${signal ?? `code ${code}`})`);
      for (const { reject } of waiting.values()) reject(end);
      waiting.clear();
      resolve();
    });
  });
  let asked = 0;

  child.on('message', (answer: Answer) => {
    const { resolve, reject } = waiting.get(answer.id) ?? {};
    waiting.delete(answer.id);
    if ('problem' in answer) reject?.(new Error(answer.problem));
    else resolve?.(answer.result);
  });
  return {
    pid: child.pid as number,
    ask<Result>(task: string, input: unknown = null) {
      const answered = Promise.withResolvers<unknown>();
      const ask: Ask = { id: asked++, task, input };
      waiting.set(ask.id, answered);
      child.send(ask);
      return answered.promise as Promise<Result>;
    },
    async close() {
      if (child.connected) child.disconnect();
      child.kill('SIGTERM');
      await exited;
    },
  };
}
