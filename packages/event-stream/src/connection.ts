import { createClient, RESP_TYPES } from 'redis';
import { StreamRefusedError, StreamUnavailableError, streamError } from './errors.ts';
import { ackScript } from './scripts/ack.ts';
import { announceScript } from './scripts/announce.ts';
import { appendScript } from './scripts/append.ts';
import { createGroupScript } from './scripts/create-group.ts';
import { listMembersScript } from './scripts/list-members.ts';
import { oldestEntryScript } from './scripts/oldest-entry.ts';
import { oldestUnappliedScript } from './scripts/oldest-unapplied.ts';
import { readScript } from './scripts/read.ts';
import { removeIdleConsumersScript } from './scripts/remove-idle-consumers.ts';
import { trimScript } from './scripts/trim.ts';
import { tlsSettings } from './tls-settings.ts';

/** The part of a pino logger that is used here. */
export interface StreamLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ConnectionOptions {
  /** `redis://user:password@host:port`; `rediss://…?sslrootcert=…` with TLS, see tls-settings.ts. */
  readonly url: string;
  readonly log: StreamLogger;
  /** Shown in CLIENT LIST. */
  readonly name: string;
  /** A server that owes an answer for this long counts as frozen; the connection is dropped. */
  readonly replyTimeoutMs?: number;
  /** For metrics. */
  readonly observer?: ConnectionObserver;
}

/** Told what becomes of a connection: it is opened, then ready and lost in turn, then closed. */
export interface ConnectionObserver {
  opened(): void;
  ready(): void;
  lost(): void;
  closed(wasReady: boolean): void;
}

/** With the scripts as methods, and values as bytes. */
export type StreamClient = ReturnType<typeof openClient>;

export interface Connection {
  /**
   * Runs commands on the connection.
   *
   * @throws {StreamRefusedError} Redis answered with an error: nothing was written
   * @throws {StreamUnavailableError} no connection, or no answer in time: the outcome is unknown
   */
  run<T>(command: (client: StreamClient) => Promise<T>): Promise<T>;
  /** Waits for running commands, then closes. */
  close(): Promise<void>;
}

const REPLY_TIMEOUT_MS = 3_000;
const WATCH_INTERVAL_MS = 250;
/** Idle connections are pinged, so that a dead peer is noticed and the socket timeout does not end live ones. */
const PING_INTERVAL_MS = 1_000;
/** A queue longer than this means that the server does not keep up; more commands are refused at once. */
const MAX_QUEUED_COMMANDS = 20_000;

/**
 * Opens a connection that reconnects for ever and never lets a command hang.
 *
 * node-redis's own socket timeout is not enough for that: every write renews it, so that a busy connection to a
 * frozen server never times out. Here it counts how long ago the last answer came while one is owed.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const replyTimeoutMs = options.replyTimeoutMs ?? REPLY_TIMEOUT_MS;
  const state = followState(options.observer);
  let client = connect(options, replyTimeoutMs, state);
  let closed = false;
  let inFlight = 0;
  let lastReplyAt = 0;

  const dropIfFrozen = (): void => {
    if (inFlight === 0 || performance.now() - lastReplyAt < replyTimeoutMs) return;
    options.log.warn(
      { connection: options.name, replyTimeoutMs },
      'redis does not answer, dropping the connection',
    );
    const frozen = client;
    frozen.removeAllListeners().on('error', () => {}); // its end is no failure to report
    state.isReady(false);
    client = connect(options, replyTimeoutMs, state);
    lastReplyAt = performance.now();
    frozen.destroy();
  };
  const watch = setInterval(dropIfFrozen, WATCH_INTERVAL_MS).unref();

  return {
    async run(command) {
      if (closed) throw new StreamUnavailableError('the connection is closed');
      if (inFlight === 0) lastReplyAt = performance.now();
      inFlight += 1;
      try {
        const reply = await command(client);
        lastReplyAt = performance.now();
        return reply;
      } catch (error) {
        const failure = streamError(error);
        if (failure instanceof StreamRefusedError) lastReplyAt = performance.now(); // a refusal is an answer
        throw failure;
      } finally {
        inFlight -= 1;
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(watch);
      // close() waits for replies; a connection that has none to expect, or no server, is simply dropped
      if (client.isReady && inFlight > 0)
        await Promise.race([client.close(), dropLater(client, replyTimeoutMs)]);
      if (client.isOpen) client.destroy();
      state.closed();
    },
  };
}

/** Passes on changes only: a connection that cannot be made again fails at every attempt. */
function followState(observer?: ConnectionObserver) {
  let ready = false;
  observer?.opened();
  return {
    isReady(now: boolean): void {
      if (now === ready) return;
      ready = now;
      if (ready) observer?.ready();
      else observer?.lost();
    },
    closed: (): void => observer?.closed(ready),
  };
}

function openClient({ url, name }: ConnectionOptions, replyTimeoutMs: number) {
  return createClient({
    url,
    name,
    disableOfflineQueue: true,
    // two commands at every connect that nobody needs, and that the users of infra/redis/users.acl may not use: they are
    // unknown to Redis 7.0, which would not load a list of rights that names them
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    pingInterval: PING_INTERVAL_MS,
    socket: {
      ...tlsSettings(url),
      connectTimeout: replyTimeoutMs,
      socketTimeout: replyTimeoutMs + PING_INTERVAL_MS,
      reconnectStrategy: (retries) =>
        Math.min(50 * 2 ** Math.min(retries, 6), 1_000) * (0.5 + Math.random() / 2),
    },
    scripts: {
      appendBatch: appendScript,
      readEntries: readScript,
      ackEntries: ackScript,
      createGroup: createGroupScript,
      trimAcked: trimScript,
      oldestEntry: oldestEntryScript,
      oldestUnapplied: oldestUnappliedScript,
      announceMember: announceScript,
      listMembers: listMembersScript,
      removeIdleConsumers: removeIdleConsumersScript,
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

function connect(
  options: ConnectionOptions,
  replyTimeoutMs: number,
  state: ReturnType<typeof followState>,
): StreamClient {
  const client = openClient(options, replyTimeoutMs);
  const { log, name } = options;
  const reported = new Set<string>(); // of an outage each message once, not at every attempt
  client.on('ready', () => {
    if (reported.size > 0) log.info({ connection: name }, 'connected to redis again');
    reported.clear();
    state.isReady(true);
  });
  client.on('reconnecting', () => state.isReady(false)); // an error need not end the connection
  client.on('error', (error: Error) => {
    if (!reported.has(error.message))
      log.warn({ connection: name, err: error }, 'redis connection failed, reconnecting');
    reported.add(error.message);
  });
  // a failure was reported by the listener above; it rejects only when the client is destroyed
  client.connect().catch(() => {});
  return client;
}

async function dropLater(client: StreamClient, afterMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, afterMs).unref();
  await promise;
  if (client.isOpen) client.destroy();
}
