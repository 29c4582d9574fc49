import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 where the connection was closed without one. */
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** All that came, to the end of the connection. */
  readonly text: string;
}

const GIVE_UP_MS = 20_000;

/** Sends bytes as they are, one character a byte, and resolves to what comes back until the gateway closes the connection. */
export async function rawRequest(port: number, bytes: string): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setTimeout(GIVE_UP_MS, () =>
    socket.destroy(new Error(`nothing for ${GIVE_UP_MS} ms after: ${text}`)),
  );
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  // what was refused may be reset when the answer is there
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
  });
  socket.on('close', () => resolve(text));
  socket.write(Buffer.from(bytes, 'latin1'));
  return parse(await promise);
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: text.slice(end + 4),
    text,
  };
}
