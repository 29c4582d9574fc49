import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as yieldToOthers } from 'node:timers/promises';

/** What a network does to what passes through it, in either direction. */
export type Behaviour =
  | { readonly kind: 'pass' }
  /** Every chunk comes later. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** A few bytes at a time, and not always as many: sooner or later everything is cut everywhere. */
  | { readonly kind: 'slice' }
  /**
   * Half open: connections are accepted and stay, and what is sent on them vanishes. A connection that has lost a
   * byte stays silent for good, as when a middlebox has forgotten it.
   */
  | { readonly kind: 'stall' };

/** A TCP proxy in front of one server, for tests: a network whose behaviour can be changed while it is used. */
export interface TcpProxy {
  readonly port: number;
  behave(behaviour: Behaviour): void;
  /** Ends all connections with FIN. */
  cut(): void;
  /** Ends all connections with RST. */
  reset(): void;
  close(): Promise<void>;
}

const THROTTLE_INTERVAL_MS = 20;
const SLICE_LENGTHS = [1, 2, 3, 5, 8, 13, 21];
const SLICES_AT_A_TIME = 256;

interface Connection {
  readonly sockets: readonly [Socket, Socket];
  /** It has lost something. */
  dead: boolean;
}

export async function openTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  let behaviour: Behaviour = { kind: 'pass' };

  const pump = async (connection: Connection, from: Socket, to: Socket): Promise<void> => {
    const nextLength = sliceLengths();
    for await (const chunk of from) {
      if (behaviour.kind === 'stall') connection.dead = true;
      if (connection.dead) continue;
      if (behaviour.kind === 'slice') await slice(chunk as Buffer, to, nextLength);
      else await pass(chunk as Buffer, to, behaviour);
    }
    to.end();
  };

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    const connection: Connection = { sockets: [client, upstream], dead: false };
    connections.add(connection);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('close', () => {
        connections.delete(connection);
        to.destroy();
      });
      // the other side is closed by the listener above
      pump(connection, from, to).catch(() => from.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const endAll = (end: (socket: Socket) => void) => {
    for (const { sockets } of connections) sockets.forEach(end);
  };
  return {
    port: (server.address() as AddressInfo).port,
    behave(next) {
      behaviour = next;
    },
    cut: () => endAll((socket) => socket.destroySoon()),
    reset: () => endAll((socket) => socket.resetAndDestroy()),
    async close() {
      endAll((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(chunk: Buffer, to: Socket, behaviour: Behaviour): Promise<void> {
  switch (behaviour.kind) {
    case 'delay':
      await delay(behaviour.ms);
      return write(to, chunk);
    case 'throttle':
      return throttle(chunk, to, behaviour.bytesPerSecond);
    default:
      return write(to, chunk);
  }
}

async function throttle(chunk: Buffer, to: Socket, bytesPerSecond: number): Promise<void> {
  const step = Math.ceil((bytesPerSecond * THROTTLE_INTERVAL_MS) / 1_000);
  for (let at = 0; at < chunk.length; at += step) {
    await write(to, chunk.subarray(at, at + step));
    await delay(THROTTLE_INTERVAL_MS);
  }
}

/** Of a whole direction of a connection, or what fits into the first few slices would always be cut at the same places. */
function sliceLengths(): () => number {
  let next = 0;
  return () => SLICE_LENGTHS[next++ % SLICE_LENGTHS.length] as number;
}

async function slice(chunk: Buffer, to: Socket, nextLength: () => number): Promise<void> {
  let slices = 0;
  for (let at = 0; at < chunk.length; slices++) {
    const end = at + nextLength();
    await write(to, chunk.subarray(at, end));
    at = end;
    if (slices % SLICES_AT_A_TIME === 0) await yieldToOthers();
  }
}

async function write(to: Socket, chunk: Buffer): Promise<void> {
  if (to.destroyed || to.write(chunk)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]);
}
