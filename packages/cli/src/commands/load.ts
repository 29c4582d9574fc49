import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { OperationalError } from '../failure.ts';
import type { Runner } from '../program.ts';
import { apiKeyOf, DEFAULT_URL, type Session } from '../session.ts';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

const PUBLISHER = inRepository('services/publisher/dist/main.js');

const PASS_ON_AFTER_MS = 500;

/** The publisher as it is: its flags, its output, its exit codes. */
export function loadCommand(parent: Command, run: Runner): Command {
  return parent
    .command('load')
    .description('Publish generated events, some of them twice, and check that each is counted once.')
    .usage('[flags of the publisher]')
    .argument('[flags...]', 'as `oncelog load --help` lists them')
    .allowUnknownOption()
    .helpOption(false)
    .action(run((session, _options, flags) => load(session, flags), 'keep'));
}

async function load({ options, env, signal }: Session, flags: readonly string[]): Promise<number> {
  if (!existsSync(PUBLISHER)) {
    throw new OperationalError(
      '`load` runs the publisher, which is not here: in the repository `npm run build` makes it, with Docker Compose it is `docker compose run --rm publisher`',
    );
  }
  const key = apiKeyOf(options);
  // its own variable holds where nothing of ours says otherwise
  const isDefault = options.url === DEFAULT_URL && !env['ONCELOG_URL'];
  const url = (isDefault && env['TARGET_URL']) || options.url;
  const child = spawn(runtime(), [PUBLISHER, ...flags], {
    env: { ...env, TARGET_URL: url, ...(key === undefined ? {} : { API_KEY: key }) },
    stdio: 'inherit',
  });
  // Ctrl-C in a terminal reaches the publisher as well, which takes a second signal for impatience.
  let passing: NodeJS.Timeout | undefined;
  const passOn = (): void => {
    const name = (signal.reason as { exitCode?: number }).exitCode === 130 ? 'SIGINT' : 'SIGTERM';
    passing = setTimeout(() => child.kill(name), PASS_ON_AFTER_MS);
  };
  signal.addEventListener('abort', passOn, { once: true });
  const [code, died] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  signal.removeEventListener('abort', passOn);
  clearTimeout(passing);
  return code ?? 128 + (died === null ? 0 : constants.signals[died]);
}

/** Services run on the pinned Node.js where that is installed. */
function runtime(): string {
  const pinned = inRepository('node_modules/.bin/node');
  return existsSync(pinned) ? pinned : process.execPath;
}
