import type { Command } from 'commander';
import type { Runner } from '../program.ts';
import { table } from '../table.ts';
import { clean, count, percent } from '../text.ts';

export function topicsCommand(parent: Command, run: Runner): Command {
  return parent
    .command('topics')
    .description('List the topics with their figures, the largest first.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog topics
  oncelog topics --json | jq -r '.[].topic'`,
    )
    .action(
      run(async ({ client, out, style, options, signal }) => {
        const { by_topic } = await client().stats({ signal });
        const topics = by_topic.toSorted((a, b) => b.received - a.received || (a.topic < b.topic ? -1 : 1));
        if (options.json) return void (await out.json(topics));
        if (topics.length === 0) return void (await out.write('There are no topics yet.\n'));
        const rows = topics.map(({ topic, received, unique_processed, duplicate_dropped }) => [
          clean(topic),
          count(received),
          count(unique_processed),
          count(duplicate_dropped),
          percent(duplicate_dropped, received),
        ]);
        return void (await out.write(table(COLUMNS, rows, style)));
      }),
    );
}

const COLUMNS = [
  { title: 'TOPIC', shrink: 1 },
  { title: 'RECEIVED', align: 'right' },
  { title: 'STORED', align: 'right' },
  { title: 'DUPLICATES', align: 'right' },
  { title: 'SHARE', align: 'right' },
] as const;
