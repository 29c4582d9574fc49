import type { Command } from 'commander';
import type { Runner } from '../program.ts';
import { table } from '../table.ts';
import { clean, count, duration } from '../text.ts';

const COLORS = { active: 'green', idle: 'dim', silent: 'red' } as const;

export function consumersCommand(parent: Command, run: Runner): Command {
  return parent
    .command('consumers')
    .description('List the consumers: what they do, what they have in hand, since when they run.')
    .addHelpText(
      'after',
      `
STATE is active (it has entries in hand, or has just applied some), idle (it
waits for events), or silent: not heard of for 10 seconds, so probably dead.

Examples:
  oncelog consumers
  oncelog consumers --json | jq '.[] | select(.state == "silent")'`,
    )
    .action(
      run(async ({ client, out, style, options, signal }) => {
        const consumers = await client().consumers({ signal });
        if (options.json) return void (await out.json(consumers));
        if (consumers.length === 0)
          return void (await out.write('There are no consumers: nothing is being stored.\n'));
        const rows = consumers.map((one) => [
          clean(one.name),
          String(one.shard),
          style.paint(COLORS[one.state], one.state),
          count(one.pending_entries),
          duration(one.idle_seconds),
          clean(one.started_at ?? '–'),
          clean(one.version ?? '–'),
        ]);
        return void (await out.write(table(COLUMNS, rows, style)));
      }),
    );
}

const COLUMNS = [
  { title: 'NAME', shrink: 2 },
  { title: 'SHARD', align: 'right' },
  { title: 'STATE' },
  { title: 'PENDING', align: 'right' },
  { title: 'HEARD OF', align: 'right' },
  { title: 'SINCE', shrink: 1 },
  { title: 'VERSION' },
] as const;
