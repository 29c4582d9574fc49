import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import type { Runner } from '../program.ts';
import { details } from '../table.ts';
import { clean } from '../text.ts';

export function healthCommand(parent: Command, run: Runner): Command {
  return parent
    .command('health')
    .description('Say how the gateway, Postgres and Redis are; exit code 1 where one is not well.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog health
  oncelog health --timeout 60     wait up to a minute for a gateway to answer`,
    )
    .action(
      run(async ({ client, out, style: { paint }, options, signal }) => {
        const health = await client().health({ signal });
        const isHealthy = health.status === 'healthy';
        if (options.json) await out.json(health);
        else {
          const state = (text: string): string => paint(text === 'connected' ? 'green' : 'red', clean(text));
          await out.write(
            details(
              [
                ['gateway', paint(isHealthy ? 'green' : 'red', health.status)],
                ['Postgres', state(health.database)],
                ['Redis', state(health.redis)],
              ],
              paint,
            ),
          );
        }
        return isHealthy ? EXIT.ok : EXIT.failed;
      }),
    );
}
