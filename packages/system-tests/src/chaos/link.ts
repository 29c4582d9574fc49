import { connect, createServer, type Socket } from 'node:net';

/** A network between two parties on this machine that can be cut and stalled. */
export interface Link {
  readonly port: number;
  /** Resets every connection, and every new one at once. */
  cut(): void;
  /** Connections stay open and new ones are taken, but nothing passes in either direction. */
  stall(): void;
  /** Ends both. What was held back passes. */
  mend(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to another one there. */
export async function openLink(targetPort: number): Promise<Link> {
  const pairs = new Set<Pair>();
  let state: 'open' | 'cut' | 'stalled' = 'open';

  const pass = ({ near, far }: Pair): void => {
    near.pipe(far);
    far.pipe(near);
  };
  const hold = ({ near, far }: Pair): void => {
    near.unpipe(far);
    far.unpipe(near);
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (near) => {
    if (state === 'cut') return void near.on('error', () => {}).resetAndDestroy();
    const far = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        pairs.delete(pair);
        // closed in both directions: what the other still sends has nowhere to go
        if (one.readableEnded) other.destroySoon();
        else if (!other.destroyed) other.resetAndDestroy();
      });
    }
    if (state === 'open') pass(pair);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  const reset = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      state = 'cut';
      reset();
    },
    stall() {
      state = 'stalled';
      for (const pair of pairs) hold(pair);
    },
    mend() {
      if (state === 'stalled') for (const pair of pairs) pass(pair);
      state = 'open';
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      reset();
      await closed;
    },
  };
}
