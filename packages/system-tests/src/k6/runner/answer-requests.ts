import type { MessagePort } from 'node:worker_threads';
import type { HttpAnswer, HttpLine, HttpRequest } from './messages.ts';

/** Makes the requests that come in by the port, and wakes the thread that waits for each. */
export function answerRequests(port: MessagePort, { signal }: Pick<HttpLine, 'signal'>): void {
  const flag = new Int32Array(signal);
  port.on('message', (request: HttpRequest) => {
    void perform(request).then((answer) => {
      port.postMessage(answer);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    });
  });
}

async function perform({ method, url, body, headers, timeoutMs }: HttpRequest): Promise<HttpAnswer> {
  const startedAt = performance.now();
  const durationMs = () => performance.now() - startedAt;
  try {
    const response = await fetch(url, { method, body, headers, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries([...response.headers].map(([name, value]) => [canonical(name), value])),
      body: text,
      error: '',
      durationMs: durationMs(),
    };
  } catch (error) {
    // a connection that breaks in the middle of an answer has no status either
    return { status: 0, headers: {}, body: null, error: reason(error), durationMs: durationMs() };
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return String(cause);
}

/** `retry-after` as Go has it: `Retry-After`. */
function canonical(name: string): string {
  return name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
