import type { RawJson } from '@oncelog/client';
import type { Command } from 'commander';
import { integer, jsonObject, several, time } from '../arguments.ts';
import { UsageError } from '../failure.ts';
import { memberTexts } from '../json-text.ts';
import type { Runner } from '../program.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { clean } from '../text.ts';

interface EventsOptions {
  readonly topic?: readonly string[];
  readonly source?: string;
  readonly eventId?: string;
  readonly since?: string;
  readonly until?: string;
  readonly contains?: RawJson;
  readonly limit?: number;
  readonly all?: true;
}

const DEFAULT_LIMIT = 100;
/** Of the gateway: most events of a request; and as many rows are drawn as one table. */
const PAGE = 1_000;

export function eventsCommand(parent: Command, run: Runner): Command {
  const at = time(run.nowMs);
  return parent
    .command('events')
    .description('Find stored events, newest first.')
    .option('-t, --topic <topic>', 'Of this topic; may be repeated.', several)
    .option('-s, --source <source>', 'Of this source.')
    .option('-i, --event-id <id>', 'With this id.')
    .option('--since <time>', 'With a timestamp from here on: a time, a day, or an age (15m, 2h, 7d).', at)
    .option('--until <time>', 'With a timestamp before this.', at)
    .option('-c, --contains <json>', 'Whose payload contains this JSON object.', jsonObject)
    .option('-n, --limit <n>', `At most so many. (default: ${DEFAULT_LIMIT})`, integer(1))
    .option('-a, --all', 'All of them.')
    .addHelpText(
      'after',
      `
With --since or --until the order is that of the timestamps, else that of the
arrival. With --json each event is a line, as the gateway has it: numbers keep
every digit.

Examples:
  oncelog events --topic orders.created --limit 20
  oncelog events --since 2h --contains '{"customer":{"id":7}}'
  oncelog events --event-id order-1 --json
  oncelog events --all --json | gzip > all-events.ndjson.gz`,
    )
    .action(run(listEvents));
}

async function listEvents(session: Session, options: EventsOptions): Promise<undefined> {
  const { client, out, signal } = session;
  const { topic, source, eventId, since, until, contains, all } = options;
  if (all && options.limit !== undefined) throw new UsageError('--all and --limit exclude each other');
  const limit = all ? undefined : (options.limit ?? DEFAULT_LIMIT);
  const pageSize = Math.min(limit ?? PAGE, PAGE);
  const query = { topic, source, event_id: eventId, since, until, contains, limit, pageSize };
  const events = client().events(query, { raw: true, signal });
  const shown = session.options.json ? await printLines(session, events) : await printTables(session, events);
  if (session.options.json) return;
  if (shown === 0) await out.write('No stored event is like that.\n');
  else if (shown === limit && session.stdout.isTTY) {
    session.warn(`the newest ${limit} of them; --limit or --all shows more`);
  }
}

async function printLines({ out }: Session, events: AsyncIterable<string>): Promise<number> {
  let shown = 0;
  for await (const text of events) {
    await out.write(`${text}\n`);
    shown++;
  }
  return shown;
}

const COLUMNS = [
  { title: 'TIMESTAMP', shrink: 5 },
  { title: 'TOPIC', shrink: 4 },
  { title: 'EVENT ID', shrink: 2 },
  { title: 'SOURCE', shrink: 3 },
  { title: 'PAYLOAD', shrink: 1 },
] as const;

async function printTables({ out, style }: Session, events: AsyncIterable<string>): Promise<number> {
  let shown = 0;
  let rows: string[][] = [];
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await out.write(table(COLUMNS, rows, style));
    shown += rows.length;
    rows = [];
  };
  for await (const text of events) {
    rows.push(cellsOf(text));
    if (rows.length === PAGE) await flush();
  }
  await flush();
  return shown;
}

/** An event as cells: the payload with its own digits, the names cleaned. */
export function cellsOf(text: string): string[] {
  const members = memberTexts(text);
  const string = (name: string): string => clean(String(JSON.parse(members.get(name) ?? '""')));
  return [
    string('timestamp'),
    string('topic'),
    string('event_id'),
    string('source'),
    clean(members.get('payload') ?? ''),
  ];
}
