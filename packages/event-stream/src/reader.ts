import { setTimeout } from 'node:timers/promises';
import { type ConnectionOptions, openConnection, type StreamClient } from './connection.ts';
import { type Entry, readEntry } from './entry.ts';
import { CONSUMER_GROUP, shardKeys } from './keys.ts';
import { createFileRewriter } from './rewrite-file.ts';
import type { Presence } from './scripts/announce.ts';
import type { RawEntry, ReadLimit } from './scripts/read.ts';

export interface ReaderOptions extends Omit<ConnectionOptions, 'name'> {
  readonly prefix: string;
  readonly shard: number;
  /** This member's name in the group; unique among living members. */
  readonly consumer: string;
}

/** What a look at pending entries found. */
export interface PendingEntries {
  readonly entries: readonly Entry[];
  /** Entry IDs that were pending but are no longer in the stream: somebody deleted them, their events are lost. */
  readonly lost: readonly string[];
}

export interface ReadWait {
  /** How long to wait for a first entry. */
  readonly blockMs: number;
  /** How long to wait after it, so that others come with it. */
  readonly lingerMs: number;
}

export interface GroupState {
  /** Whether the group was missing. */
  readonly created: boolean;
  /** The stream's life, see {@link ShardTotals}; undefined before the first append. */
  readonly epoch: string | undefined;
}

/**
 * A member of the consumer group, on one shard. Every entry it returns is in its pending entries list until it is
 * acknowledged.
 */
export interface StreamReader {
  /** Creates the group at the stream's beginning if it is missing. */
  ensureGroup(): Promise<GroupState>;
  /** New entries within the limit. Where there are none, it waits for the first one, and a little for others. */
  read(limit: ReadLimit, wait: ReadWait): Promise<readonly Entry[]>;
  /** The oldest entries that this member already has: after a restart or an error, before any new ones. */
  readOwnPending(maxEntries: number): Promise<PendingEntries>;
  /**
   * Takes over entries that others have had for `minIdleMs` without acknowledging them. Goes on where the last call
   * stopped; `done` says that it has come to the end of the pending entries list and will begin anew.
   */
  claim(minIdleMs: number, maxEntries: number): Promise<PendingEntries & { readonly done: boolean }>;
  /** Acknowledges entries; only after what they hold is committed. */
  ack(entries: readonly Entry[]): Promise<void>;
  /** Acknowledges entries that exist no more, see {@link PendingEntries.lost}. */
  forget(entryIds: readonly string[]): Promise<void>;
  /** Trims what all groups have acknowledged. Resolves to how many entries went. */
  trim(): Promise<number>;
  /** When the oldest entry that is still in the stream was appended, by Redis's clock; undefined if there is none. */
  oldestEntryMs(): Promise<number | undefined>;
  /** Says that this member is there: until it says so again, its idle time grows. */
  announce(presence: Presence): Promise<void>;
  /** Removes the names of members that have nothing pending and were silent for `idleMs`. */
  removeIdleConsumers(idleMs: number): Promise<number>;
  /** Has Redis rewrite its append-only file, once after each of its starts; see rewrite-file.ts. */
  rewriteFile(): Promise<void>;
  /** Removes this member's own name, unless something is pending for it. */
  leave(): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Blocking reads have a connection of their own: whatever is sent behind one waits until it returns. */
export function openReader({ prefix, shard, consumer, ...options }: ReaderOptions): StreamReader {
  const keys = shardKeys(prefix, shard);
  const { stream } = keys;
  const reads = openConnection({ ...options, name: `${consumer}-reads` });
  const commands = openConnection({ ...options, name: `${consumer}-commands` });
  const rewrite = createFileRewriter(options.log);
  let claimFrom = '0-0';

  const readWaiting = async (limit: ReadLimit): Promise<readonly Entry[]> => {
    const waiting = await reads.run((client) => client.readEntries(keys, consumer, limit));
    return toEntries(waiting as unknown as RawEntry[]).entries;
  };

  return {
    async ensureGroup() {
      const [created, epoch] = await commands.run((client) => client.createGroup(keys));
      return { created: created === 1, epoch: String(epoch) || undefined };
    },
    async read(limit, { blockMs, lingerMs }) {
      const waiting = await readWaiting(limit);
      if (waiting.length > 0) return waiting;
      const first = await reads.run((client) => waitForOne(client, { stream, consumer, blockMs }));
      if (first.length === 0 || lingerMs === 0) return first;
      await setTimeout(lingerMs);
      return [...first, ...(await readWaiting(limit))];
    },
    async readOwnPending(maxEntries) {
      const command = [
        'XREADGROUP',
        'GROUP',
        CONSUMER_GROUP,
        consumer,
        'COUNT',
        `${maxEntries}`,
        'STREAMS',
        stream,
        '0',
      ];
      return toEntries(await commands.run((client) => readStream(client, command)));
    },
    async claim(minIdleMs, maxEntries) {
      const command = [
        'XAUTOCLAIM',
        stream,
        CONSUMER_GROUP,
        consumer,
        `${minIdleMs}`,
        claimFrom,
        'COUNT',
        `${maxEntries}`,
      ];
      const reply = await commands.run((client) => client.sendCommand(command));
      const [next, claimed, deleted] = reply as unknown as [Buffer, RawEntry[], Buffer[]];
      claimFrom = next.toString('latin1');
      const { entries, lost } = toEntries(claimed);
      return { entries, lost: [...lost, ...deleted.map(String)], done: claimFrom === '0-0' };
    },
    ack: async (entries) => {
      if (entries.length > 0) await commands.run((client) => client.ackEntries(keys, entries));
    },
    forget: async (entryIds) => {
      if (entryIds.length > 0)
        await commands.run((client) => client.xAck(stream, CONSUMER_GROUP, [...entryIds]));
    },
    trim: () => commands.run((client) => client.trimAcked(keys)),
    async oldestEntryMs() {
      const id = await commands.run((client) => client.oldestEntry(keys));
      return id === null ? undefined : Number.parseInt(String(id), 10);
    },
    announce: async (presence) => {
      await commands.run((client) => client.announceMember(keys, consumer, presence));
    },
    removeIdleConsumers: (idleMs) => commands.run((client) => client.removeIdleConsumers(keys, idleMs)),
    rewriteFile: () => commands.run(rewrite),
    leave: async () => {
      await commands.run((client) => client.removeIdleConsumers(keys, 0, consumer));
    },
    ping: async () => {
      await commands.run((client) => client.ping());
    },
    close: async () => {
      await Promise.all([reads.close(), commands.close()]);
    },
  };
}

interface Wait {
  readonly stream: string;
  readonly consumer: string;
  readonly blockMs: number;
}

/** Waits for one entry only: what else arrives meanwhile is read, within its limits, by the next read. */
async function waitForOne(
  client: StreamClient,
  { stream, consumer, blockMs }: Wait,
): Promise<readonly Entry[]> {
  const command = ['XREADGROUP', 'GROUP', CONSUMER_GROUP, consumer, 'COUNT', '1', 'BLOCK', `${blockMs}`];
  return toEntries(await readStream(client, [...command, 'STREAMS', stream, '>'])).entries;
}

/** XREADGROUP over one stream: `{stream: entries}` or nil, as RESP3 has it. */
async function readStream(client: StreamClient, command: string[]): Promise<RawEntry[]> {
  const reply: unknown = await client.sendCommand(command);
  if (reply === null) return [];
  if (reply instanceof Map) return [...reply.values()][0] as RawEntry[];
  if (Array.isArray(reply)) return (reply[0] as [unknown, RawEntry[]])[1];
  return Object.values(reply as Record<string, RawEntry[]>)[0] ?? [];
}

function toEntries(raw: readonly RawEntry[]): PendingEntries {
  const entries: Entry[] = [];
  const lost: string[] = [];
  for (const [id, fields] of raw) {
    if (fields === null) lost.push(id.toString('latin1'));
    else entries.push(readEntry(id.toString('latin1'), fields));
  }
  return { entries, lost };
}
