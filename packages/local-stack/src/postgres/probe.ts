import { connect } from 'node:net';

export type PostgresAnswer =
  | { readonly outcome: 'ready' }
  | { readonly outcome: 'unreachable'; readonly detail: string };

/** Length 8 and the code that asks whether the server speaks TLS: needs no credentials, answered by one letter. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Whether a Postgres listens there. Says nothing about the user's password. */
export function probePostgres(url: string, timeoutMs = 3_000): Promise<PostgresAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5432) });
    const finish = (detail?: string): void => {
      socket.destroy();
      resolve(detail === undefined ? { outcome: 'ready' } : { outcome: 'unreachable', detail });
    };
    socket.setTimeout(timeoutMs, () => finish('no answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on('close', () => finish('connection closed'));
    socket.on('connect', () => socket.write(SSL_REQUEST));
    socket.on('data', (answer: Buffer) => {
      const letter = String.fromCharCode(answer[0] ?? 0);
      finish(letter === 'S' || letter === 'N' ? undefined : 'not a Postgres');
    });
  });
}
