import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Not from the ephemeral range (32768 and up): while a server is down, a client that keeps reconnecting to an
 * ephemeral port can be given that very port as its own, connect to itself, and keep the server from
 * ever binding it again.
 */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const ATTEMPTS = 50;

/** Undefined when a server could listen on `host:port` now, else the code of the error: `EADDRINUSE`, `EACCES`. */
export function checkPort(port: number, host = '127.0.0.1'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** So that two servers that are being prepared at the same time are not given the same port. */
const handedOut = new Set<number>();

/** A random port below the ephemeral range that is free on 127.0.0.1 now; each call gives another one. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if ((await checkPort(port)) === undefined) return port;
  }
  throw new Error(`No free port found between ${FIRST_PORT} and ${FIRST_PORT + PORTS - 1}`);
}
