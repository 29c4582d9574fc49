import {
  type Client,
  type DeadLetter,
  type DeadLetterDeletionQuery,
  type DeadLetterSelection,
  type DefaultName,
  RequestRejectedError,
} from '@oncelog/client';
import { type Command, Option } from 'commander';
import { integer, letterId, time } from '../arguments.ts';
import { EXIT, rejectionLines, UsageError } from '../failure.ts';
import type { Runner } from '../program.ts';
import type { Session } from '../session.ts';
import { details, table } from '../table.ts';
import { bytes, clean, count, counted } from '../text.ts';

interface FilterOptions {
  readonly code?: string;
  readonly batchId?: string;
  readonly since?: string;
  readonly until?: string;
  readonly state?: 'open' | 'replayed';
}

interface SelectionOptions extends FilterOptions {
  readonly all?: true;
  readonly yes?: true;
}

export function deadLettersCommand(parent: Command, run: Runner): Command {
  const letters = parent
    .command('dead-letters')
    .description('Events that could not be stored: look at them, publish them again, delete them.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog dead-letters list --state open
  oncelog dead-letters show 17
  oncelog dead-letters replay 17 18
  oncelog dead-letters replay --code 23514
  oncelog dead-letters delete --state replayed --yes`,
    );
  listCommand(letters, run);
  showCommand(letters, run);
  replayCommand(letters, run);
  deleteCommand(letters, run);
  return letters;
}

function withFilter(command: Command, run: Runner): Command {
  const at = time(run.nowMs);
  return command
    .option('--code <code>', 'With this code: a SQLSTATE, "unreadable" or "foreign".')
    .option('--batch-id <id>', 'Of this batch.')
    .option('--since <time>', 'Buried from here on: a time, a day, or an age (15m, 2h, 7d).', at)
    .option('--until <time>', 'Buried before this.', at);
}

const stateOption = (): Option =>
  new Option('--state <state>', 'Not replayed yet, or replayed.').choices(['open', 'replayed']);

function filterOf({
  code,
  batchId,
  since,
  until,
  state,
}: FilterOptions): DeadLetterSelection & FilterOptions {
  const filter = { code, batch_id: batchId, since, until, state };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

const DEFAULT_LIMIT = 100;
const PAGE = 1_000;

function listCommand(letters: Command, run: Runner): void {
  withFilter(letters.command('list'), run)
    .description('List them, newest first.')
    .addOption(stateOption())
    .option('-n, --limit <n>', `At most so many. (default: ${DEFAULT_LIMIT})`, integer(1))
    .option('-a, --all', 'All of them.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog dead-letters list --state open
  oncelog dead-letters list --all --json | jq -r .reason | sort | uniq -c`,
    )
    .action(run<FilterOptions & { limit?: number; all?: true }>(list));
}

const COLUMNS = [
  { title: 'ID', align: 'right' },
  { title: 'BURIED', shrink: 4 },
  { title: 'CODE', shrink: 3 },
  { title: 'EVENTS', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'STATE' },
  { title: 'REASON', shrink: 2 },
  { title: 'ORIGINAL', shrink: 1 },
] as const;

async function list(
  session: Session,
  { limit, all, ...filter }: FilterOptions & { limit?: number; all?: true },
): Promise<undefined> {
  const { client, out, options, style, signal } = session;
  if (all && limit !== undefined) throw new UsageError('--all and --limit exclude each other');
  const most = all ? undefined : (limit ?? DEFAULT_LIMIT);
  const query = { ...filterOf(filter), limit: most, pageSize: Math.min(most ?? PAGE, PAGE) };
  let rows: string[][] = [];
  let shown = 0;
  for await (const letter of client().deadLetters(query, { signal })) {
    shown++;
    if (options.json) {
      await out.json(letter);
      continue;
    }
    rows.push([
      letter.id,
      clean(letter.created_at),
      clean(letter.code),
      count(letter.events),
      bytes(letter.original_bytes),
      letter.replayed_at === null ? style.paint('yellow', 'open') : 'replayed',
      clean(letter.reason),
      clean(letter.original_preview),
    ]);
    if (rows.length === PAGE) {
      await out.write(table(COLUMNS, rows, style));
      rows = [];
    }
  }
  if (options.json) return;
  if (rows.length > 0) await out.write(table(COLUMNS, rows, style));
  if (shown === 0) await out.write('There are no such dead letters.\n');
  else if (shown === most && session.stdout.isTTY) {
    session.warn(`the newest ${most} of them; --limit or --all shows more`);
  }
}

function showCommand(letters: Command, run: Runner): void {
  letters
    .command('show')
    .description('Show one with the original as it came.')
    .argument('<id>', 'its number', letterId)
    .addHelpText(
      'after',
      `
Examples:
  oncelog dead-letters show 17
  oncelog dead-letters show 17 --json | jq -r .original`,
    )
    .action(
      run(async ({ client, out, options, style, signal }, _options, [id = '']) => {
        const letter = await client().deadLetter(id, { signal });
        if (options.json) await out.json(letter);
        else await out.write(`${details(pairsOf(letter), style.paint)}\n${originalOf(letter)}\n`);
        return EXIT.ok;
      }),
    );
}

function pairsOf(letter: DeadLetter): (readonly [string, string])[] {
  const { replayed_at, position } = letter;
  return [
    ['id', letter.id],
    ['reason', clean(letter.reason)],
    ['code', clean(letter.code)],
    ['buried', clean(letter.created_at)],
    ['state', replayed_at === null ? 'open' : `replayed at ${clean(replayed_at)}`],
    ...(letter.replay_batch_id === null ? [] : [['replay batch', clean(letter.replay_batch_id)] as const]),
    ['batch', clean(letter.batch_id)],
    ['entry', clean(letter.entry_id)],
    ['position', position === null ? 'the whole entry' : `event ${position} of the batch`],
    ['events', count(letter.events)],
    ['size', bytes(letter.original_bytes)],
    ...(letter.original_sha256 === undefined ? [] : [['SHA-256', clean(letter.original_sha256)] as const]),
  ];
}

function originalOf({ original, original_base64 }: DeadLetter): string {
  return original === undefined ? `base64: ${clean(original_base64 ?? '')}` : clean(original);
}

function replayCommand(letters: Command, run: Runner): void {
  withFilter(letters.command('replay'), run)
    .description('Publish them again, by their numbers or by a filter.')
    .argument('[id...]', 'their numbers', letterId)
    .option('-a, --all', 'All that are open.')
    .addHelpText(
      'after',
      `
What still breaks the rules of publishing is not replayed: it stays open, and
the exit code is 1. However often a letter is replayed, it counts once.

Examples:
  oncelog dead-letters replay 17 18
  oncelog dead-letters replay --code 23514
  oncelog dead-letters replay --all`,
    )
    .action(run<SelectionOptions>(replay));
}

async function replay(session: Session, options: SelectionOptions, ids: readonly string[]): Promise<number> {
  const { out, signal } = session;
  const selection = selectionOf(options, ids);
  const client = session.client();
  const totals =
    selection === undefined
      ? await eachLetter(session, ids, (id) => client.replayDeadLetter(id, { signal }))
      : await replayAll(session, client, selection);
  if (session.options.json) await out.json({ replayed: totals.done, refused: totals.refused });
  else {
    const refused = totals.refused === 0 ? '' : `, ${count(totals.refused)} refused`;
    await out.write(`${counted(totals.done, 'dead letter')} published again${refused}.\n`);
  }
  return totals.refused === 0 ? EXIT.ok : EXIT.failed;
}

function deleteCommand(letters: Command, run: Runner): void {
  withFilter(letters.command('delete'), run)
    .description('Delete them for good, by their numbers or by a filter. The figures stay.')
    .argument('[id...]', 'their numbers', letterId)
    .addOption(stateOption())
    .option('-a, --all', 'All of them.')
    .option('-y, --yes', 'Yes, delete what the filter finds. Required with a filter or --all.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog dead-letters delete 17
  oncelog dead-letters delete --state replayed --until 30d --yes`,
    )
    .action(run<SelectionOptions>(remove));
}

async function remove(session: Session, options: SelectionOptions, ids: readonly string[]): Promise<number> {
  const { out, signal } = session;
  const selection = selectionOf(options, ids);
  if (selection !== undefined && !options.yes) {
    throw new UsageError('this deletes whatever the filter finds, for good: say --yes as well');
  }
  const client = session.client();
  const totals =
    selection === undefined
      ? await eachLetter(session, ids, (id) => client.deleteDeadLetter(id, { signal }))
      : await removeAll(session, client, { ...selection, state: options.state });
  if (session.options.json) await out.json({ deleted: totals.done, refused: totals.refused });
  else await out.write(`${counted(totals.done, 'dead letter')} deleted.\n`);
  return totals.refused === 0 ? EXIT.ok : EXIT.failed;
}

interface Totals {
  readonly done: number;
  /** They stay as they were. */
  readonly refused: number;
}

/** In as many requests as it takes. */
async function replayAll(
  { signal }: Session,
  client: Client<DefaultName>,
  selection: DeadLetterSelection,
): Promise<Totals> {
  let done = 0;
  let refused = 0;
  let cursor: string | undefined;
  do {
    const counts = await client.replayDeadLetters({ ...selection, limit: PAGE, cursor }, { signal });
    done += counts.replayed;
    refused += counts.refused;
    cursor = counts.cursor;
  } while (cursor !== undefined);
  return { done, refused };
}

/** In as many requests as it takes. */
async function removeAll(
  { signal }: Session,
  client: Client<DefaultName>,
  selection: DeadLetterDeletionQuery,
): Promise<Totals> {
  for (let done = 0; ; ) {
    const { deleted, remaining } = await client.deleteDeadLetters({ ...selection, limit: PAGE }, { signal });
    done += deleted;
    if (remaining === 0 || deleted === 0) return { done, refused: 0 };
  }
}

/** @returns undefined where numbers are given */
function selectionOf(
  { all, yes: _, ...options }: SelectionOptions,
  ids: readonly string[],
): DeadLetterSelection | undefined {
  const filter = filterOf(options);
  const hasFilter = Object.keys(filter).length > 0;
  const given = [ids.length > 0, hasFilter, all === true].filter(Boolean).length;
  if (given === 1) return all ? { all } : hasFilter ? filter : undefined;
  throw new UsageError(
    given === 0
      ? 'say which: their numbers, a filter, or --all'
      : 'numbers, a filter and --all exclude each other',
  );
}

/** One after the other; what is refused is said, and the others go on. */
async function eachLetter(
  { stderr }: Session,
  ids: readonly string[],
  act: (
    id: string,
  ) => ReturnType<Client<DefaultName>['replayDeadLetter'] | Client<DefaultName>['deleteDeadLetter']>,
): Promise<Totals> {
  const totals = { done: 0, refused: 0 };
  for (const id of ids) {
    try {
      await act(id);
      totals.done++;
    } catch (error) {
      if (!(error instanceof RequestRejectedError) || ![404, 422].includes(error.status)) throw error;
      totals.refused++;
      const [first, ...rest] = rejectionLines(error);
      for (const line of [`oncelog: dead letter ${id}: ${first}`, ...rest]) stderr.write(`${line}\n`);
    }
  }
  return totals;
}
