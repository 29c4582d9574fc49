import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { signedOut, untilSignedIn } from './access.ts';
import { type ApiProblem, endpoint, problemOf } from './api.ts';
import { asleep } from './clock.ts';

type Connection = 'connecting' | 'live' | 'reconnecting' | 'paused' | 'refused';

export interface Feed {
  readonly connection: ReadonlySignal<Connection>;
  /** Gives up a connection that says nothing, and begins another. */
  reopen(): void;
  close(): void;
}

export interface FeedOptions {
  /** By the type of the message; `message` has none. */
  readonly on: Readonly<Record<string, (data: string) => void>>;
  /**
   * A connection is open that does not continue an earlier one: what was sent before it is not coming. A connection
   * that the browser itself opens again does continue.
   */
  readonly onFresh?: () => void;
  /** The server will not have it, and there is no use in asking again. */
  readonly onRefused?: (problem: ApiProblem) => void;
}

const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Follows server-sent events for as long as the page is looked at. The browser opens a lost connection again by itself;
 * after an answer that is no stream it gives up, so then it is done here.
 */
export function openFeed(path: string, { on, onFresh, onRefused }: FeedOptions): Feed {
  const connection = signal<Connection>('connecting');
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const stop = (): void => {
    source?.close();
    source = undefined;
    clearTimeout(retry);
  };
  const open = (): void => {
    stop();
    const opened = new EventSource(endpoint(path));
    source = opened;
    let fresh = true;
    opened.onopen = () => {
      failures = 0;
      connection.value = 'live';
      if (fresh) onFresh?.();
      fresh = false;
    };
    opened.onerror = () => {
      if (source !== opened) return;
      connection.value = 'reconnecting';
      if (opened.readyState === EventSource.CLOSED) void tryLater();
    };
    for (const [type, take] of Object.entries(on)) {
      opened.addEventListener(type, (message) => take((message as MessageEvent<string>).data));
    }
  };
  const tryLater = async (): Promise<void> => {
    const closed = source;
    const refusal = await refusalOf(path);
    if (source !== closed) return;
    if (refusal?.status === 401) {
      signedOut.value = true;
      await untilSignedIn();
      if (source === closed) open();
      return;
    }
    if (refusal !== undefined) {
      stop();
      connection.value = 'refused';
      onRefused?.(refusal);
      return;
    }
    retry = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  };
  const stopFollowing = effect(() => {
    if (asleep.value) {
      stop();
      connection.value = 'paused';
    } else {
      connection.value = 'connecting';
      open();
    }
  });

  return {
    connection,
    reopen: () => {
      connection.value = 'reconnecting';
      open();
    },
    close: () => {
      stopFollowing();
      stop();
    },
  };
}

/** Why the server refuses, where the request itself is at fault: an EventSource does not say. */
async function refusalOf(path: string): Promise<ApiProblem | undefined> {
  const looked = new AbortController();
  try {
    const response = await fetch(endpoint(path), { signal: looked.signal });
    if (response.ok || response.status >= 500) return undefined;
    return await problemOf(response);
  } catch {
    return undefined;
  } finally {
    looked.abort();
  }
}
