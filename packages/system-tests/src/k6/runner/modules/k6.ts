import { mustRun, state } from './state.ts';

// module `k6`, what of it the script uses

type Tests<T> = Readonly<Record<string, ((value: T) => unknown) | unknown>>;

export function check<T>(value: T, tests: Tests<T>): boolean {
  mustRun('check');
  let ok = true;
  for (const [name, test] of Object.entries(tests)) {
    const passed = Boolean(typeof test === 'function' ? test(value) : test);
    state.samples.push({ metric: 'checks', value: passed ? 1 : 0, tags: { check: name } });
    ok &&= passed;
  }
  return ok;
}

export function fail(message?: string): never {
  throw new Error(message);
}

export function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1_000);
}
