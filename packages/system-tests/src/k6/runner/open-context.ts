import { MessageChannel, Worker } from 'node:worker_threads';
import { answerRequests } from './answer-requests.ts';
import type { ContextData, MetricType, Report, Sample, Task } from './messages.ts';

/** What a context threw, or that it called `exec.test.abort()`. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
  readonly aborted: boolean;

  constructor(message: string, aborted: boolean) {
    super(message);
    this.aborted = aborted;
  }
}

export interface Context {
  /** What the script exports as `options`. */
  readonly options: unknown;
  /** @throws {ContextError} */
  run(task: Task): Promise<unknown>;
  close(): Promise<void>;
}

export interface ContextEvents {
  readonly onMetric: (name: string, type: MetricType) => void;
  readonly onSamples: (samples: readonly Sample[]) => void;
  readonly onIterationFailed: (error: string) => void;
}

/**
 * Loads the script in a thread of its own.
 *
 * @throws {ContextError} the script does not load
 */
export async function openContext(
  events: ContextEvents,
  { script, env, vu }: Pick<ContextData, 'script' | 'env' | 'vu'>,
): Promise<Context> {
  const { port1, port2 } = new MessageChannel();
  const signal = new SharedArrayBuffer(4);
  answerRequests(port1, { signal });
  const workerData: ContextData = { script, env, vu, http: { port: port2, signal } };
  const worker = new Worker(new URL('./context.ts', import.meta.url), { workerData, transferList: [port2] });

  /** Resolves with the report that ends what the context does now. */
  const ended = () =>
    new Promise<Report>((resolve, reject) => {
      const settle = (report: Report): void => {
        if (isPassing(events, report)) return;
        worker.off('message', settle);
        worker.off('error', reject);
        resolve(report);
      };
      worker.on('message', settle);
      worker.on('error', reject);
    });

  const close = async (): Promise<void> => {
    port1.close();
    await worker.terminate();
  };

  const first = await ended();
  if (first.kind !== 'initialised') {
    await close();
    throw new ContextError(first.kind === 'failed' ? first.error : `unexpected ${first.kind}`, false);
  }
  return {
    options: first.options,
    async run(task) {
      const last = ended();
      worker.postMessage(task);
      const report = await last;
      if (report.kind === 'failed') throw new ContextError(report.error, report.aborted);
      return report.kind === 'done' ? report.value : undefined;
    },
    close,
  };
}

function isPassing(events: ContextEvents, report: Report): boolean {
  switch (report.kind) {
    case 'metric':
      events.onMetric(report.name, report.type);
      return true;
    case 'samples':
      events.onSamples(report.samples);
      return true;
    case 'iteration-failed':
      events.onIterationFailed(report.error);
      return true;
    default:
      return false;
  }
}
