import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Open at a time. */
  readonly maxConnections?: number;
  /** Of those, from one address. */
  readonly maxConnectionsPerAddress?: number;
  /** Which addresses are one: who has one of IPv6 has many. */
  readonly networkOf?: (address: string) => string;
}

/** Why a connection is refused: there are as many as may be, or as its address may have, or it brings too many requests. */
type ConnectionRefusal = 'total' | 'address' | 'pipelining';

/** Told of each connection that is closed without an answer. */
export type OnRefusedConnection = (why: ConnectionRefusal, address: string) => void;

/** Closes connections beyond the limits at once: an answer would cost what the limit is to save. */
export function limitConnections(
  server: Server,
  {
    maxConnections,
    maxConnectionsPerAddress = Number.POSITIVE_INFINITY,
    networkOf = (address) => address,
  }: ConnectionLimits,
  onRefused: OnRefusedConnection,
): void {
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  server.on('drop', (data) => onRefused('total', data?.remoteAddress ?? 'unknown'));
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = networkOf(socket.remoteAddress ?? 'unknown');
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count <= maxConnectionsPerAddress) return;
    onRefused('address', address);
    socket.destroy();
  });
}
