import { accessSync, constants, createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Client, DefaultName, RetryNotice } from '@oncelog/client';
import { type Command, Option } from 'commander';
import { integer, keyPrefix } from '../arguments.ts';
import { describeFailure, EXIT, OperationalError, ReportedError } from '../failure.ts';
import { pause } from '../pause.ts';
import type { Runner } from '../program.ts';
import { type Collector, createCollector } from '../publish/collector.ts';
import { FORMATS, type Format } from '../publish/format.ts';
import { itemOf, type RefusedLine } from '../publish/item.ts';
import { createProgress, type Progress } from '../publish/progress.ts';
import { readPieces } from '../publish/read-pieces.ts';
import { awaitReceipts, type Receipts } from '../publish/receipts.ts';
import { createSender, type Sender } from '../publish/sender.ts';
import { createTally, type Tally, tallyRefused } from '../publish/tally.ts';
import type { Session } from '../session.ts';
import { clean, count, counted, duration } from '../text.ts';

interface PublishOptions {
  readonly topic?: string;
  readonly source?: string;
  readonly idempotencyKey?: string;
  readonly format: Format;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly wait?: true;
}

const DEFAULT_TIMEOUT_SECONDS = 300;
/** What the gateway takes, less what surrounds an event. */
const MAX_EVENT_BYTES = 5 * 1024 * 1024 - 13;
const MAX_BATCH_BYTES = 1024 * 1024;
/** An event that comes alone, as from `tail -f`, is not kept longer. */
const LINGER_MS = 200;
const POLL_MS = 200;

export function publishCommand(parent: Command, run: Runner): Command {
  return parent
    .command('publish')
    .description('Send events from a file or from standard input.')
    .argument('[file]', 'NDJSON or JSON; - is standard input', '-')
    .option('-t, --topic <topic>', 'Of events that have none.')
    .option('-s, --source <source>', 'Of events that have none.')
    .option(
      '-k, --idempotency-key <key>',
      'Names this input: sent again under it, what has not changed counts once.',
      keyPrefix,
    )
    .option('-w, --wait', 'Wait until all is stored, and say how much of it was new.')
    .addOption(new Option('-f, --format <format>', 'Of the input.').choices(FORMATS).default('auto'))
    .option('-b, --batch-size <n>', 'Most events in a request.', integer(1, 1_000), 500)
    .option('--concurrency <n>', 'Requests at a time; 1 keeps the order.', integer(1, 64), 4)
    .addHelpText(
      'after',
      `
The input: an event a line (NDJSON), or JSON: a list of events,
{"events":[…]}, or one event after the other. It is read as it is sent, however
large it is, and every number keeps its digits. An event needs a payload; topic
and source may come from the options, timestamp is now where it is missing, and
event_id is made up: with --idempotency-key from it and the line.

A line that is refused is said by its number, and the others go on; the exit
code is then 1. A gateway that is away is tried again for 300 seconds a request
(--timeout). After a failure send the whole again: events that are stored
already count as duplicates.

Examples:
  oncelog publish events.ndjson
  oncelog publish --wait --idempotency-key import-7 events.json
  tail -F app.log | oncelog publish --topic app.logs --source "$HOSTNAME"
  echo '{"payload":{"n":1}}' | oncelog publish --topic greetings --source me`,
    )
    .action(run(publish, 'keep'));
}

/** One run of the command. */
interface Run {
  readonly session: Session;
  readonly options: PublishOptions;
  readonly tally: Tally;
  readonly progress: Progress;
  readonly batchIds: string[];
}

async function publish(
  session: Session,
  options: PublishOptions,
  [file = '-']: readonly string[],
): Promise<number> {
  const input = openInput(session, file);
  const tally = createTally();
  const { stderr } = session;
  const monotonicMs = (): number => performance.now();
  const progress = createProgress({ terminal: stderr, tally, totalBytes: input.totalBytes, monotonicMs });
  const run: Run = { session, options, tally, progress, batchIds: [] };
  const client = session.client({ topic: options.topic, source: options.source, onRetry: outageTeller(run) });
  const startedMs = monotonicMs();
  const sending = startSending(run, { client, input: input.stream });
  let failure: { error: unknown } | undefined;
  let receipts: Receipts | undefined;
  try {
    await sendAll(run, { ...sending, input: input.stream });
    if (options.wait) receipts = await waitUntilStored(run, client);
  } catch (error) {
    // what is on its way may still arrive, and is then to be counted
    if (!session.signal.aborted) await sending.sender.drained().catch(() => undefined);
    failure = { error: session.signal.aborted ? session.signal.reason : (sending.failure()?.error ?? error) };
  } finally {
    input.stream.destroy();
    progress.stop();
  }
  const resumeLine = failure && (sending.sender.unsettledLine() ?? sending.collector.waitingLine());
  return report(run, { seconds: (monotonicMs() - startedMs) / 1000, receipts, failure, resumeLine });
}

function openInput(
  { stdin, warn }: Session,
  file: string,
): { stream: Readable; totalBytes: number | undefined } {
  if (file === '-') {
    if (stdin.isTTY) warn('reading events from the terminal; Ctrl-D ends them');
    return { stream: stdin, totalBytes: undefined };
  }
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw new Error('it is a directory');
    accessSync(file, constants.R_OK);
    return { stream: createReadStream(file), totalBytes: stat.size > 0 ? stat.size : undefined };
  } catch (error) {
    throw new OperationalError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

interface Sending {
  readonly sender: Sender;
  readonly collector: Collector;
  /** What the sender has met. */
  readonly failure: () => { readonly error: unknown } | undefined;
}

function startSending(
  { session, options, tally, progress, batchIds }: Run,
  { client, input }: { client: Client<DefaultName>; input: Readable },
): Sending {
  const { idempotencyKey } = options;
  let failure: { error: unknown } | undefined;
  const sender = createSender(
    {
      client,
      deadline: () => session.deadline(session.options.timeout ?? DEFAULT_TIMEOUT_SECONDS),
      onAccepted(batchId, events) {
        tally.accepted += events;
        tally.batches++;
        if (options.wait) batchIds.push(batchId);
        progress.update();
      },
      onRefused: (refused) => tellRefused({ tally, progress }, refused),
      onFailed(error) {
        failure ??= { error };
        input.destroy(); // it may have nothing to say for hours
      },
    },
    options,
  );
  const collector = createCollector(sender, {
    maxEvents: options.batchSize,
    maxBytes: MAX_BATCH_BYTES,
    // under a key the batches must be the same again, however fast the input comes
    lingerMs: idempotencyKey === undefined ? LINGER_MS : undefined,
    keyPrefix: idempotencyKey,
  });
  return { sender, collector, failure: () => failure };
}

async function sendAll(
  { session: { signal }, options, tally, progress }: Run,
  { sender, collector, input }: Pick<Sending, 'sender' | 'collector'> & { readonly input: Readable },
): Promise<void> {
  const { idempotencyKey, format } = options;
  const eventId = idempotencyKey === undefined ? undefined : (line: number) => `${idempotencyKey}:${line}`;
  const itemOptions = { eventId, onWithoutId: () => void tally.withoutId++ };
  const stop = (): void => void input.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const onBytes = (bytes: number): void => {
      tally.readBytes += bytes;
    };
    for await (const pieces of readPieces(input, { format, maxBytes: MAX_EVENT_BYTES, onBytes })) {
      for (const piece of pieces) {
        const item = itemOf(piece, itemOptions);
        if ('errors' in item) tellRefused({ tally, progress }, item);
        else await collector.add(item);
      }
      signal.throwIfAborted();
    }
    await collector.end();
    await sender.drained();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function waitUntilStored(
  { session, progress, options: _, batchIds }: Run,
  client: Client<DefaultName>,
): Promise<Receipts> {
  const { signal, options } = session;
  return awaitReceipts(
    {
      client,
      pause: () => pause(POLL_MS, signal),
      monotonicMs: () => performance.now(),
      onProgress: (outstanding) =>
        progress.update(`${counted(outstanding, 'batch', 'batches')} still to be stored`),
    },
    batchIds,
    { seconds: options.timeout ?? DEFAULT_TIMEOUT_SECONDS, signal },
  );
}

/** Says that the gateway is away, and on a terminal goes on saying so. */
function outageTeller({ session, progress, tally }: Run): (notice: RetryNotice) => void {
  let toldAt = -1;
  return ({ request, cause }) => {
    if (session.stderr.isTTY) progress.update(`trying again: ${clean(cause.message)}`);
    else if (toldAt !== tally.accepted) {
      toldAt = tally.accepted; // once until something is accepted
      session.warn(`${request}: ${cause.message}; trying again`);
    }
  };
}

function tellRefused({ tally, progress }: Pick<Run, 'tally' | 'progress'>, refused: RefusedLine): void {
  if (!tallyRefused(tally, refused)) return;
  for (const { pointer, rule, detail } of refused.errors) {
    const where = pointer === '' ? '' : `${pointer}: `;
    progress.say(`oncelog: line ${refused.line}: ${clean(`${where}${detail}`)} (${rule})`);
  }
}

interface Outcome {
  readonly seconds: number;
  readonly receipts: Receipts | undefined;
  readonly failure: { readonly error: unknown } | undefined;
  /** From here on not everything has arrived, or has at least not been said to. */
  readonly resumeLine: number | undefined;
}

async function report(run: Run, outcome: Outcome): Promise<number> {
  const { session, tally } = run;
  const { failure, receipts } = outcome;
  if (session.options.json) await writeJson(run, outcome);
  else await writeSummary(run, outcome);
  if (failure !== undefined) {
    if (session.signal.aborted) throw failure.error;
    throw new ReportedError();
  }
  const isWhole = tally.refused === 0 && (receipts?.outstanding ?? 0) === 0;
  return isWhole ? EXIT.ok : EXIT.failed;
}

async function writeJson({ session, tally }: Run, outcome: Outcome): Promise<void> {
  const { seconds, receipts, failure, resumeLine } = outcome;
  const error = failure && describeFailure(failure.error).lines[0]?.replace(/^oncelog: /, '');
  const { accepted, refused, batches, withoutId, refusedLines } = tally;
  const result = {
    complete: failure === undefined && (receipts?.outstanding ?? 0) === 0,
    accepted,
    refused,
    batches,
    without_event_id: withoutId,
    seconds: Number(seconds.toFixed(3)),
    ...(receipts === undefined ? {} : { receipts }),
    ...(refusedLines.length === 0 ? {} : { refused_lines: refusedLines }),
    ...(error === undefined ? {} : { error }),
    ...(resumeLine === undefined ? {} : { resume_line: resumeLine }),
  };
  // after a signal the output would not take it
  session.stdout.write(`${JSON.stringify(result)}\n`);
}

async function writeSummary(run: Run, { seconds, receipts, failure, resumeLine }: Outcome): Promise<void> {
  const { session, tally, options } = run;
  const { stdout, stderr, warn } = session;
  const notTold = tally.refused - tally.refusedLines.length;
  if (notTold > 0) warn(`… and ${counted(notTold, 'other line')} refused`);
  if (tally.withoutId > 0 && options.idempotencyKey === undefined) {
    warn(
      `${counted(tally.withoutId, 'event')} came without an event_id: sent again, they are new events (--idempotency-key prevents that)`,
    );
  }
  if (failure !== undefined) {
    if (!session.signal.aborted)
      for (const line of describeFailure(failure.error).lines) stderr.write(`${line}\n`);
    const from =
      resumeLine === undefined
        ? 'all that was read has arrived'
        : `from line ${count(resumeLine)} on not all have arrived`;
    warn(
      `not complete: ${counted(tally.accepted, 'event')} accepted; ${from}. Send it again: what is stored is a duplicate`,
    );
    return;
  }
  const refused = tally.refused === 0 ? '' : `, ${count(tally.refused)} refused`;
  const took = `${counted(tally.batches, 'batch', 'batches')}, ${duration(seconds)}`;
  stdout.write(`${counted(tally.accepted, 'event')} accepted${refused} (${took}).\n`);
  if (receipts === undefined) return;
  const { unique_processed, duplicate_dropped, dead_lettered, outstanding } = receipts;
  const dead = dead_lettered === 0 ? '' : `, dead letters ${count(dead_lettered)}`;
  stdout.write(`stored ${count(unique_processed)}, duplicates ${count(duplicate_dropped)}${dead}.\n`);
  if (outstanding > 0) warn(`${counted(outstanding, 'batch', 'batches')} not stored yet; they will be`);
}
