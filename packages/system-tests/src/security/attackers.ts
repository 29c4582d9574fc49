import { connect, type Socket } from 'node:net';

/** Connections that mean no good, from an address of their own: all of 127.0.0.0/8 is this machine (on Linux). */
export interface Attackers {
  /** What each connection that has ended was answered, the first line; empty where it was closed without a word. */
  readonly ends: readonly string[];
  readonly open: number;
  stop(): void;
}

export interface Attack {
  readonly port: number;
  readonly connections: number;
  readonly from?: string;
  /** Told of each connection that stands. */
  readonly begin: (socket: Socket) => void;
  /** Sent every 100 ms while the connection stands. */
  readonly drip?: string;
  /** Take no byte of the answer. */
  readonly deaf?: boolean;
  /** Open another one for each that ends. */
  readonly again?: boolean;
}

const DRIP_MS = 100;

export function attack({
  port,
  connections,
  from = '127.0.0.2',
  begin,
  drip,
  deaf,
  again,
}: Attack): Attackers {
  const ends: string[] = [];
  const open = new Set<Socket>();
  let stopped = false;

  const start = (): void => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    let answer = '';
    open.add(socket);
    socket.on('error', () => {}); // being cut off is what is expected
    if (deaf !== true)
      socket.on('data', (chunk) => (answer ||= chunk.toString('latin1').split('\r\n', 1)[0] ?? ''));
    const timer = drip === undefined ? undefined : setInterval(() => socket.write(drip), DRIP_MS);
    socket.on('connect', () => begin(socket));
    socket.on('close', () => {
      clearInterval(timer);
      open.delete(socket);
      if (stopped) return;
      ends.push(answer);
      if (again === true) start();
    });
  };
  for (let i = 0; i < connections; i += 1) start();
  return {
    ends,
    get open() {
      return open.size;
    },
    stop() {
      stopped = true;
      for (const socket of open) socket.destroy();
    },
  };
}
