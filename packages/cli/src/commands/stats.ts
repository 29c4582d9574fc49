import type { Stats } from '@oncelog/client';
import type { Command } from 'commander';
import { seconds } from '../arguments.ts';
import { pause } from '../pause.ts';
import type { Runner } from '../program.ts';
import type { Session } from '../session.ts';
import { details } from '../table.ts';
import { clean, count, duration, percent } from '../text.ts';

interface StatsOptions {
  readonly watch?: true | number;
}

export function statsCommand(parent: Command, run: Runner): Command {
  return parent
    .command('stats')
    .description('Show the exact figures.')
    .option(
      '-w, --watch [seconds]',
      'Again and again, with the rates, until Ctrl-C. (default: every second)',
      seconds,
    )
    .addHelpText(
      'after',
      `
At rest exactly: received = stored + duplicates, and
accepted = received + dead letters + in flight.

Examples:
  oncelog stats
  oncelog stats --watch
  oncelog stats --json | jq .unique_processed
  oncelog stats --watch 10 --json          an object a line`,
    )
    .action((...given: unknown[]) => {
      const { watch } = given[0] as StatsOptions;
      return run<StatsOptions>(
        watch === undefined ? showOnce : watchStats,
        watch === undefined ? 'ask' : 'keep',
      )(...given);
    });
}

async function showOnce({ client, out, options, style, signal }: Session): Promise<undefined> {
  const stats = await client().stats({ signal });
  if (options.json) await out.json(stats);
  else await out.write(details(pairsOf(stats), style.paint));
}

interface Reading {
  readonly stats: Stats;
  readonly atMs: number;
}

async function watchStats(session: Session, { watch }: StatsOptions): Promise<undefined> {
  const { out, options, style, stdout, signal } = session;
  const everyMs = 1000 * (watch === true || watch === undefined ? 1 : watch);
  const read = patientReader(session);
  let before: Reading | undefined;
  let drawnLines = 0;
  for (;;) {
    const startedMs = performance.now();
    const reading = { stats: await read(), atMs: performance.now() };
    if (options.json) await out.json(reading.stats);
    else {
      const text = details(pairsOf(reading.stats, ratesOf(reading, before)), style.paint);
      // A terminal shows one picture that moves; whatever else reads along gets one after the other.
      const redraw = stdout.isTTY && drawnLines > 0 ? `\u001b[${drawnLines}A\u001b[J` : '';
      await out.write(`${redraw}${text}${stdout.isTTY ? '' : '\n'}`);
      drawnLines = text.split('\n').length - 1;
    }
    before = reading;
    await pause(everyMs - (performance.now() - startedMs), signal);
  }
}

/** Reads for as long as it takes, or as `--timeout` says, and tells once when the gateway does not answer. */
function patientReader(session: Session): () => Promise<Stats> {
  const { warn, options } = session;
  const client = session.client({
    onRetry: ({ attempt, cause }) => {
      if (attempt === 1) warn(`no answer: ${cause.message}; trying again`);
    },
  });
  return async () => {
    const limit = session.deadline(options.timeout);
    try {
      return await client.stats({ signal: limit.signal });
    } finally {
      limit.clear();
    }
  };
}

type Rate = (name: 'accepted' | 'unique_processed' | 'duplicate_dropped' | 'dead_lettered') => string;

function ratesOf(now: Reading, before: Reading | undefined): Rate {
  if (before === undefined) return () => '';
  const passed = (now.atMs - before.atMs) / 1000;
  return (name) => {
    const rate = Math.max(0, now.stats[name] - before.stats[name]) / passed;
    return `${rate >= 10 || rate === 0 ? count(Math.round(rate)) : rate.toFixed(1)}/s`;
  };
}

function pairsOf(stats: Stats, rate: Rate = () => ''): (readonly [string, string])[] {
  const { accepted, received, unique_processed, duplicate_dropped, dead_lettered, in_flight } = stats;
  const figures = [accepted, received, unique_processed, duplicate_dropped, dead_lettered, in_flight].map(
    count,
  );
  const topics = count(stats.topics.length);
  const width = Math.max(topics.length, ...figures.map((text) => text.length));
  const line = (name: string, value: number, ...more: string[]) =>
    [name, [count(value).padStart(width), ...more.filter(Boolean)].join('  ')] as const;
  return [
    line('accepted', accepted, rate('accepted')),
    line('received', received),
    line('  stored', unique_processed, rate('unique_processed')),
    line('  duplicates', duplicate_dropped, rate('duplicate_dropped'), percent(duplicate_dropped, received)),
    line('dead letters', dead_lettered, rate('dead_lettered')),
    line('in flight', in_flight),
    ['topics', topics.padStart(width)],
    ['gateway', `${clean(stats.status)} for ${duration(stats.uptime_seconds)}`],
  ];
}
