import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { runCli } from '../cli.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

/** Runs the command in this process, without a terminal. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, stdin = '', signal = new AbortController().signal } = options;
  const output = { stdout: new PassThrough(), stderr: new PassThrough() };
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    output[name].setEncoding('utf8').on('data', (text: string) => {
      told[name] += text;
    });
  }
  const input = Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]);
  const code = await runCli({ args, env, stdin: input, ...output, now: Date.now }, signal);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...told };
}

export interface ScriptedGateway extends AsyncDisposable {
  readonly url: string;
  /** `GET /stats` */
  readonly requests: {
    readonly what: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[];
}

/** Answers by method and path without the query: `{ 'GET /stats': [200, {…}] }`; a function answers for itself. */
export async function scriptedGateway(
  script: Record<
    string,
    readonly [status: number, body: unknown] | ((response: ServerResponse, body: string) => void)
  >,
): Promise<ScriptedGateway> {
  const requests: ScriptedGateway['requests'] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    requests.push({ what: `${method} ${url}`, headers, body });
    const answer = script[`${method} ${url.split('?')[0]}`] ?? [404, {}];
    if (typeof answer === 'function') return answer(response, body);
    const [status, content] = answer;
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
