import { connect } from 'node:net';

/** What became of a request that was sent byte by byte. */
export type RawOutcome =
  | {
      readonly status: number;
      /** Names in small letters. Of several with one name the last. */
      readonly headers: Readonly<Record<string, string>>;
      /** As latin1; of an event stream nothing. */
      readonly body: string;
    }
  /** The connection was ended without an answer. */
  | 'closed'
  /** Neither, for a long time. */
  | 'hanging';

export interface RawRequest {
  readonly port: number;
  readonly bytes: Uint8Array;
  /** Whether the client ends its side when all is sent. */
  readonly end?: boolean | undefined;
}

/** Generous, for a machine that runs other tests; shorter than the time that a body may take. */
const HANGING_AFTER_MS = 20_000;
const HEAD_END = '\r\n\r\n';

/** Sends bytes over a connection of their own, and reads the first answer, interim ones left out. */
export function sendRaw({ port, bytes, end = false }: RawRequest): Promise<RawOutcome> {
  const { promise, resolve } = Promise.withResolvers<RawOutcome>();
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  const finish = (outcome: RawOutcome): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(outcome);
  };
  const timer = setTimeout(() => finish('hanging'), HANGING_AFTER_MS);
  socket.on('error', () => {}); // a reset: the close that follows tells
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    const answer = answerIn(received, false);
    if (answer !== undefined) finish(answer);
  });
  socket.on('end', () => finish(answerIn(received, true) ?? 'closed'));
  socket.on('close', () => finish(answerIn(received, true) ?? 'closed'));
  socket.write(bytes);
  if (end) socket.end();
  return promise;
}

/** The answer in what was received; undefined while it is not whole. */
function answerIn(received: string, isEnd: boolean): Exclude<RawOutcome, string> | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = received.slice(0, headEnd).split('\r\n');
  const body = received.slice(headEnd + HEAD_END.length);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (status >= 100 && status < 200) return answerIn(body, isEnd);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
    }),
  );
  if (headers['content-type']?.startsWith('text/event-stream')) return { status, headers, body: '' };
  const isWhole = body.length >= Number(headers['content-length'] ?? (status === 204 ? 0 : Number.NaN));
  return isWhole || isEnd ? { status, headers, body } : undefined;
}
