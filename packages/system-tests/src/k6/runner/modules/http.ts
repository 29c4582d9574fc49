import { receiveMessageOnPort } from 'node:worker_threads';
import type { HttpAnswer, HttpRequest } from '../messages.ts';
import { mustRun, state } from './state.ts';

// module `k6/http`, what of it the script uses: requests that return when they are answered

interface Params {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** With its unit. */
  readonly timeout?: string;
}

const KNOWN_PARAMS = new Set(['headers', 'tags', 'timeout']);
const DEFAULT_TIMEOUT = '60s';

function request(method: string, url: string, body: string | null, params: Params = {}) {
  mustRun('http');
  for (const name of Object.keys(params)) {
    if (!KNOWN_PARAMS.has(name)) throw new Error(`this runner does not know the parameter ${name}`);
  }
  const seconds = /^(\d+)s$/.exec(params.timeout ?? DEFAULT_TIMEOUT)?.[1];
  if (seconds === undefined) throw new Error(`this runner does not know the timeout ${params.timeout}`);
  const answer = ask({
    method,
    url,
    body,
    headers: params.headers ?? {},
    timeoutMs: Number(seconds) * 1_000,
  });
  measure(answer, { method, name: params.tags?.['name'] ?? url });
  const { durationMs, ...response } = answer;
  return { ...response, url, timings: { duration: durationMs } };
}

function ask(asked: HttpRequest): HttpAnswer {
  if (state.http === undefined) throw new Error('no line');
  const signal = new Int32Array(state.http.signal);
  Atomics.store(signal, 0, 0);
  state.http.port.postMessage(asked);
  Atomics.wait(signal, 0, 0);
  const received = receiveMessageOnPort(state.http.port);
  if (received === undefined) throw new Error('no answer in the port');
  return received.message as HttpAnswer;
}

function measure(answer: HttpAnswer, of: { method: string; name: string }): void {
  const expected = answer.status >= 200 && answer.status < 400;
  const tags = { ...of, status: String(answer.status), expected_response: String(expected) };
  state.samples.push(
    { metric: 'http_reqs', value: 1, tags },
    { metric: 'http_req_duration', value: answer.durationMs, tags },
    { metric: 'http_req_failed', value: expected ? 0 : 1, tags },
  );
}

// biome-ignore lint/style/noDefaultExport: k6 has it so
export default {
  get: (url: string, params?: Params) => request('GET', url, null, params),
  post: (url: string, body: string, params?: Params) => request('POST', url, body, params),
};
