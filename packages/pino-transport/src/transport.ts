import { hostname } from 'node:os';
import type { Transform } from 'node:stream';
import {
  type Buffered,
  BufferFullError,
  type Client,
  type ClientOptions,
  createClient,
  DeliveryError,
} from '@oncelog/client';
import build from 'pino-abstract-transport';
import { logEvent, type Naming } from './log-event.ts';
import { createReport, type Report, writeToStderr } from './report.ts';

/** Options of the target. They cross into a worker thread, so that they are data: no functions. */
export interface OncelogTransportOptions
  extends Pick<ClientOptions, 'apiKey' | 'batch' | 'maxInFlight' | 'timeoutMs' | 'retry'> {
  /** The gateway: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Topic of the lines. Default: `logs`. */
  readonly topic?: string | undefined;
  /** Property of the log object whose text is the line's topic, in the place of `topic`: `child({ channel: 'billing' })`. */
  readonly topicKey?: string | undefined;
  /** Source of the lines. Default: the logger's `name`, else the host's. */
  readonly source?: string | undefined;
  /** What is kept while the gateway is away. Default: 64 MiB, 200,000 lines. */
  readonly buffer?: ClientOptions['buffer'];
  /**
   * When the buffer is full. `drop`, the default: new lines are lost, counted, and told on stderr. `wait`: nothing is lost and
   * pino keeps the lines, in the memory of the application and without a bound but its 512 MB, where it blocks.
   */
  readonly overflow?: 'drop' | 'wait' | undefined;
  /** How long a line is tried. Default: as long as the process runs. */
  readonly deliveryTimeoutMs?: number | undefined;
  /** How long the end waits for lines that are not delivered. Default 9,000: pino itself ends the worker after 10 s. */
  readonly closeTimeoutMs?: number | undefined;
  /** How often trouble is told while it goes on. Default: 60,000. */
  readonly reportPeriodMs?: number | undefined;
}

/** For tests. */
export interface OncelogTransportDeps {
  /** Where trouble is told. */
  readonly write?: (text: string) => void;
}

const MIB = 1024 * 1024;
const BUFFER = { maxBytes: 64 * MIB, maxEvents: 200_000 };

/** What pino writes its lines to. */
export interface OncelogTransport extends Transform {
  /** Resolves when every line so far is durable or lost. pino's `logger.flush(callback)` waits for it. */
  flush(): Promise<void>;
}

/**
 * The stream of the worker thread. It takes every line at once and never fails: an error here would end the application. What
 * is lost is told on stderr.
 *
 * @throws {TypeError | RangeError} an option is none that can be used: pino then fails at the start
 */
export function createOncelogTransport(
  options: OncelogTransportOptions,
  { write = writeToStderr }: OncelogTransportDeps = {},
): OncelogTransport {
  const { overflow = 'drop', closeTimeoutMs = 9_000, reportPeriodMs = 60_000 } = options;
  if (overflow !== 'drop' && overflow !== 'wait') throw new TypeError('overflow must be "drop" or "wait"');
  const report = createReport({ write, periodMs: reportPeriodMs, monotonicMs: () => performance.now() });
  const buffer = { ...BUFFER, ...options.buffer };
  const client = clientOf({ ...options, buffer }, report);
  const receiver = { client, naming: namingOf(options), buffer: overflow === 'wait' ? buffer : undefined };
  const stream = build((source) => receive(source, receiver), {
    // as it came: the text is the payload
    parseLine: (line) => ({ line }),
    metadata: false,
    close: async () => {
      await client.close({ timeoutMs: closeTimeoutMs });
      report.end();
    },
  });
  return Object.assign(stream, {
    async flush() {
      await handedOver(stream, client);
      await client.flush();
    },
  });
}

function clientOf(options: OncelogTransportOptions, report: Report): Client {
  const { url, apiKey, batch, buffer, maxInFlight, timeoutMs, retry } = options;
  const client = createClient({
    url,
    apiKey,
    batch,
    buffer,
    maxInFlight,
    timeoutMs,
    retry,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? Number.POSITIVE_INFINITY,
    onError: (error) => report.lost(reasonOf(error)),
    onRetry: ({ cause }) => report.delayed(client.buffered().events, cause.message),
  });
  return client;
}

function namingOf({ topic = 'logs', topicKey, source }: OncelogTransportOptions): Naming {
  return { topic, topicKey, source, hostname: hostname() || 'localhost', now: Date.now };
}

interface Receiver {
  readonly client: Client;
  readonly naming: Naming;
  /** Its bounds, where lines are to wait for room. */
  readonly buffer: OncelogTransportOptions['buffer'];
}

/** One call of `publish` a line, so that a line at fault is lost alone. */
function receive(source: Transform, { client, naming, buffer }: Receiver): void {
  source.on('data', ({ line }: { line: string }) => {
    if (line !== '') void client.publish(logEvent(line, naming));
    if (buffer === undefined || isHalfEmpty(client.buffered(), buffer)) return;
    source.pause();
    void client.ready().then(() => source.resume());
  });
}

/** From here on {@link Client.ready} waits: lines that are under way already find room in the other half. */
function isHalfEmpty(used: Buffered, { maxEvents = 0, maxBytes = 0 }: Receiver['buffer'] & object): boolean {
  return used.events <= maxEvents / 2 && used.bytes <= maxBytes / 2;
}

/** Waits until every line that was written has been given to the client. */
async function handedOver(stream: Transform, client: Client): Promise<void> {
  while (stream.writableLength > 0 || stream.readableLength > 0) {
    await client.ready();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof BufferFullError) return 'the buffer is full, because the gateway is away or too slow';
  if (error instanceof DeliveryError) return error.message.replace(/^1 event /, '');
  return error instanceof Error ? error.message : String(error);
}
