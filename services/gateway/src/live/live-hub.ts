import type { LiveStatus } from '@oncelog/event-schema';
import { type Logger, pause } from '@oncelog/service-kit';
import type { SseConnection, SseMessage } from '../event-streams.ts';
import type { LiveStatusReader } from './live-status.ts';

export interface LiveHubDeps {
  readonly status: LiveStatusReader;
  readonly log: Logger;
}

/** Tells everybody who listens the same, once a second. */
export interface LiveHub {
  /** Tells a client what was said last, or soon will be, and then whatever there is, until it goes. */
  join(connection: SseConnection): void;
}

type Offer = (message: SseMessage) => void;

const INTERVAL_MS = 1_000;

/** Looks at the system only while somebody listens, and once for all who do. */
export function createLiveHub(
  { status, log }: LiveHubDeps,
  { intervalMs = INTERVAL_MS }: { readonly intervalMs?: number } = {},
): LiveHub {
  const listeners = new Set<Offer>();
  let latest: SseMessage | undefined;
  let isRunning = false;

  const tick = async (): Promise<void> => {
    try {
      latest = messageOf(await status.read());
      for (const offer of listeners) offer(latest);
    } catch (error) {
      log.error({ err: error }, 'live status failed');
    }
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    while (listeners.size > 0) {
      const startedAt = performance.now();
      await tick();
      await pause(intervalMs - (performance.now() - startedAt));
    }
    isRunning = false;
    latest = undefined;
    status.forget();
  };

  return {
    join(connection) {
      if (connection.closed.aborted) return;
      const offer = offerTo(connection);
      listeners.add(offer);
      connection.closed.addEventListener('abort', () => listeners.delete(offer));
      if (latest !== undefined) offer(latest);
      if (!isRunning) void run();
    },
  };
}

function messageOf(status: LiveStatus): SseMessage {
  return { event: 'status', data: JSON.stringify(status) };
}

/** A client that is behind gets the newest message when it has taken the others, and none of those in between. */
function offerTo(connection: SseConnection): Offer {
  let isBehind = false;
  let newest: SseMessage | undefined;

  const offer = (message: SseMessage): void => {
    if (isBehind) newest = message;
    else if (!connection.send(message)) void catchUp();
  };
  const catchUp = async (): Promise<void> => {
    isBehind = true;
    await connection.drained();
    isBehind = false;
    const missed = newest;
    newest = undefined;
    if (missed !== undefined && !connection.closed.aborted) offer(missed);
  };
  return offer;
}
