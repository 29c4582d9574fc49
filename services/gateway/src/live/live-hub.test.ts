import type { LiveStatus } from '@oncelog/event-schema';
import { createLogger } from '@oncelog/service-kit';
import { describe, expect, it, vi } from 'vitest';
import type { SseConnection, SseMessage } from '../event-streams.ts';
import { createLiveHub } from './live-hub.ts';

/** A client that takes what it is sent, until it is told to fall behind. */
function client() {
  const closing = new AbortController();
  const got: number[] = [];
  let isBehind = false;
  let drained = Promise.withResolvers<void>();
  const connection: SseConnection = {
    write: () => false,
    closed: closing.signal,
    send({ event, data = '' }: SseMessage) {
      expect(event).toBe('status');
      got.push((JSON.parse(data) as { n: number }).n);
      return !isBehind;
    },
    drained: () => drained.promise,
    end: () => closing.abort(),
  };
  return {
    connection,
    got,
    fallBehind: () => {
      isBehind = true;
    },
    catchUp: () => {
      isBehind = false;
      drained.resolve();
      drained = Promise.withResolvers();
    },
    leave: () => closing.abort(),
  };
}

/** A hub over a status that counts the looks, each of which waits to be let go. */
function counting(fails?: number) {
  let n = 0;
  let forgotten = 0;
  const lines: string[] = [];
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) });
  const status = {
    read: async () => {
      n += 1;
      if (n === fails) throw new Error('a bug');
      return { n } as unknown as LiveStatus;
    },
    forget: () => {
      forgotten += 1;
    },
  };
  const hub = createLiveHub({ status, log }, { intervalMs: 5 });
  return { hub, looks: () => n, forgotten: () => forgotten, lines };
}

describe('createLiveHub', () => {
  it('tells the first client at once, and all the same', async () => {
    const { hub, looks } = counting();
    const [one, two] = [client(), client()];
    hub.join(one.connection);
    await vi.waitFor(() => expect(one.got.slice(0, 3)).toEqual([1, 2, 3]), { interval: 1 });
    hub.join(two.connection);
    expect(two.got).toEqual([looks()]); // what was said last
    await vi.waitFor(() => expect(two.got.length).toBeGreaterThan(3), { interval: 1 });
    expect(one.got.slice(-3)).toEqual(two.got.slice(-3));
    for (const { leave } of [one, two]) leave();
  });

  it('looks only while somebody listens', async () => {
    const { hub, looks, forgotten } = counting();
    const one = client();
    hub.join(one.connection);
    await vi.waitFor(() => expect(one.got.length).toBeGreaterThan(1), { interval: 1 });
    one.leave();
    await vi.waitFor(() => expect(forgotten()).toBe(1), { interval: 1 });
    const before = looks();
    const two = client();
    hub.join(two.connection);
    expect(two.got).toEqual([]); // what was said last is old
    await vi.waitFor(() => expect(two.got[0]).toBe(before + 1), { interval: 1 });
    two.leave();
  });

  it('gives a client that was behind the newest message, and the others theirs meanwhile', async () => {
    const { hub } = counting();
    const [slow, other] = [client(), client()];
    for (const { connection } of [slow, other]) hub.join(connection);
    await vi.waitFor(() => expect(slow.got).not.toEqual([]), { interval: 1 });
    slow.fallBehind();
    const taken = slow.got.length + 1; // with the one that does not go down
    await vi.waitFor(() => expect(other.got.length).toBeGreaterThan(taken + 5), { interval: 1 });
    expect(slow.got).toHaveLength(taken);
    slow.catchUp();
    await vi.waitFor(() => expect(slow.got.length).toBeGreaterThan(taken), { interval: 1 });
    expect(slow.got[taken]).toBeGreaterThan((slow.got[taken - 1] ?? Number.NaN) + 3);
    for (const { leave } of [slow, other]) leave();
  });

  it('does not look for a client that is gone already', async () => {
    const { hub, looks } = counting();
    const gone = client();
    gone.leave();
    hub.join(gone.connection);
    expect(looks()).toBe(0);
    expect(gone.got).toEqual([]);
  });

  it('reports a look that failed, and goes on', async () => {
    const { hub, lines } = counting(2);
    const one = client();
    hub.join(one.connection);
    await vi.waitFor(() => expect(one.got.slice(0, 2)).toEqual([1, 3]), { interval: 1 });
    one.leave();
    expect(lines.filter((line) => line.includes('live status failed'))).toHaveLength(1);
  });
});
