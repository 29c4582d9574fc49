import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { type ContextData, NEXT_ITERATION, type Report, STOPPED, type Task } from './messages.ts';
import { AbortedError, state } from './modules/state.ts';

// The thread of one context: loads the script among k6's modules and without Node's globals, then does what it is told.

const { script, env, vu, http } = workerData as ContextData;

const MODULES: Readonly<Record<string, string>> = {
  k6: new URL('./modules/k6.ts', import.meta.url).href,
  'k6/http': new URL('./modules/http.ts', import.meta.url).href,
  'k6/metrics': new URL('./modules/metrics.ts', import.meta.url).href,
  'k6/execution': new URL('./modules/execution.ts', import.meta.url).href,
};

const scriptFolder = new URL('.', script).href;

registerHooks({
  resolve(specifier, context, next) {
    if (context.parentURL === undefined || !isOfScript(context.parentURL)) return next(specifier, context);
    const url = MODULES[specifier];
    if (url !== undefined) return { url, shortCircuit: true };
    if (specifier.startsWith('./')) return next(specifier, context);
    throw new Error(`k6 has no module ${specifier}, or this runner does not`);
  },
});

function isOfScript(url: string): boolean {
  return url.startsWith(scriptFolder);
}

/** What Node has and k6 has not. */
const NODE_GLOBALS = [
  'process',
  'Buffer',
  'fetch',
  'Request',
  'Response',
  'Headers',
  'URL',
  'URLSearchParams',
];
NODE_GLOBALS.push('TextEncoder', 'TextDecoder', 'structuredClone', 'performance', 'Intl', 'Worker');

const report = (message: Report): void => parentPort?.postMessage(message);

async function main(): Promise<void> {
  state.http = http;
  state.report = report;
  Object.assign(globalThis, { __ENV: { ...env }, __VU: vu, __ITER: 0 });
  for (const name of NODE_GLOBALS) Reflect.deleteProperty(globalThis, name);

  const exported = (await import(script)) as Record<string, unknown>;
  state.phase = 'run';
  report({ kind: 'initialised', options: exported['options'] });

  parentPort?.on('message', (task: Task) => {
    const called = exported[task.name];
    attempt(() => {
      if (typeof called !== 'function') throw new Error(`The script exports no function ${task.name}`);
      const run = called as (argument: unknown) => unknown;
      // as k6 does, nothing but JSON goes from one context to another
      const argument: unknown = copy(task.argument);
      if (task.kind === 'call') return copy(run(argument));
      iterate(task, () => run(argument));
      return undefined;
    });
  });
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function attempt(work: () => unknown): void {
  try {
    const value = work();
    flush();
    report({ kind: 'done', value });
  } catch (error) {
    flush();
    report({ kind: 'failed', error: String(error), aborted: error instanceof AbortedError });
  }
}

function iterate(task: Extract<Task, { kind: 'iterate' }>, run: () => unknown): void {
  const shared = new Int32Array(task.shared);
  const mayGoOn = () => Atomics.load(shared, STOPPED) === 0 && Date.now() < task.deadlineMs;
  while (mayGoOn()) {
    const iteration = Atomics.add(shared, NEXT_ITERATION, 1);
    if (iteration >= task.total) return;
    state.scenario = { iterationInTest: iteration, startTime: task.startTimeMs };
    try {
      run();
    } catch (error) {
      if (error instanceof AbortedError) throw error;
      report({ kind: 'iteration-failed', error: String(error) });
    }
    state.samples.push({ metric: 'iterations', value: 1, tags: {} });
    flush();
  }
}

function flush(): void {
  report({ kind: 'samples', samples: state.samples.splice(0) });
}

await main().catch((error: unknown) => report({ kind: 'failed', error: String(error), aborted: false }));
