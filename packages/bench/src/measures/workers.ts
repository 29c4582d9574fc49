import { openWorker, type Worker } from '../workers/open-worker.ts';

/** The load generator's process, closed by `opened`. */
export function openGenerator(opened: AsyncDisposableStack): Worker {
  return openIn(opened, new URL('../load/generator.ts', import.meta.url));
}

export function openIn(opened: AsyncDisposableStack, program: URL): Worker {
  const worker = openWorker(program);
  opened.defer(() => worker.close());
  return worker;
}
