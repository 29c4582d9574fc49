import { setTimeout as delay } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';

/** Sends one request at a time on one kept connection. */
export interface PublishConnection {
  /** Resolves when the batch is accepted, however often that took; rejects at an answer that is no invitation to try again. */
  publish(body: Buffer): Promise<void>;
  readonly retries: () => number;
  close(): Promise<void>;
}

const HEADERS = { 'content-type': 'application/json' };
const RETRIED = new Set([429, 503]);

interface Reply {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly body: string;
}

export function openPublishConnection(url: string): PublishConnection {
  const client = new Client(url, { pipelining: 1, keepAliveTimeout: 60_000 });
  let retries = 0;
  return {
    async publish(body) {
      for (;;) {
        const reply = await post(client, body);
        if (reply.status === 202) return;
        if (!RETRIED.has(reply.status)) throw new Error(`POST /publish: ${reply.status} ${reply.body}`);
        retries += 1;
        await delay(reply.retryAfterSeconds * 1_000);
      }
    },
    retries: () => retries,
    close: () => client.close(),
  };
}

/** By `dispatch`, which costs less than undici's promises and streams. The body of a 202 is not kept. */
function post(client: Client, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let retryAfterSeconds = 0;
    let text = '';
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, statusCode, headers) {
        status = statusCode;
        if (statusCode !== 202) retryAfterSeconds = Number(headers['retry-after'] ?? 1);
      },
      onResponseData(_controller, chunk) {
        if (status !== 202) text += chunk.toString();
      },
      onResponseEnd() {
        resolve({ status, retryAfterSeconds, body: text });
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    };
    client.dispatch({ method: 'POST', path: '/publish', headers: HEADERS, body }, handler);
  });
}
