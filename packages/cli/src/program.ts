import { Command, Option } from 'commander';
import { seconds } from './arguments.ts';
import { auditCommand } from './commands/audit.ts';
import { completionCommand } from './commands/completion.ts';
import { consumersCommand } from './commands/consumers.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { eventsCommand } from './commands/events.ts';
import { healthCommand } from './commands/health.ts';
import { keysCommand } from './commands/keys.ts';
import { loadCommand } from './commands/load.ts';
import { publishCommand } from './commands/publish.ts';
import { statsCommand } from './commands/stats.ts';
import { tailCommand } from './commands/tail.ts';
import { topicsCommand } from './commands/topics.ts';
import { EXIT } from './failure.ts';
import {
  DEFAULT_URL,
  type GlobalOptions,
  openSession,
  type Patience,
  type Session,
  type SessionDeps,
} from './session.ts';
import { VERSION } from './version.ts';

export type ProgramDeps = SessionDeps;

/** What a command does. @returns its exit code; nothing is 0 */
type Action<O> = (session: Session, options: O, operands: readonly string[]) => Promise<number | undefined>;

export interface Runner {
  /** Lets commander call an action. */
  <O>(action: Action<O>, patience?: Patience): (...given: unknown[]) => Promise<void>;
  readonly nowMs: number;
}

const EXIT_CODES = `
Exit codes:
  0           done; also when whoever reads the output has gone (| head)
  1           failed, refused in part or whole, not healthy, or not consistent
  2           called wrongly
  130, 143    stopped by Ctrl-C (SIGINT) or SIGTERM`;

const EXAMPLES = `
Examples:
  oncelog publish events.ndjson                   send a file, an event a line
  oncelog tail --topic orders.created             follow what is stored
  oncelog events --since 15m --contains '{"customer":{"id":7}}'
  oncelog stats --watch                           what flows
  oncelog events --all --json | jq .event_id      for programs

\`oncelog <command> --help\` has more. \`oncelog completion --help\`: for the shell.`;

/** The whole command, and the exit code of what it did last. */
export function buildProgram(
  deps: ProgramDeps,
  signal: AbortSignal,
): { program: Command; exitCode: () => number } {
  let code: number = EXIT.ok;
  const run: Runner = Object.assign(
    <O>(action: Action<O>, patience: Patience = 'ask') =>
      async (...given: unknown[]): Promise<void> => {
        const command = given.at(-1) as Command;
        const options = command.optsWithGlobals() as O & GlobalOptions;
        const { session, close } = openSession(deps, { options, patience, signal });
        try {
          code = (await action(session, options, command.args)) ?? EXIT.ok;
        } finally {
          close();
        }
      },
    { nowMs: deps.now() },
  );
  const program = createProgram(deps);
  for (const add of COMMANDS) add(program, run);
  return { program, exitCode: () => code };
}

/** In the order of the help. */
const COMMANDS: readonly ((parent: Command, run: Runner) => Command)[] = [
  publishCommand,
  tailCommand,
  eventsCommand,
  statsCommand,
  topicsCommand,
  consumersCommand,
  deadLettersCommand,
  auditCommand,
  healthCommand,
  keysCommand,
  loadCommand,
  completionCommand,
];

function createProgram({ env, stdout, stderr }: ProgramDeps): Command {
  return new Command('oncelog')
    .description(
      'Publish events, follow and find them, look after what could not be stored, check the figures.',
    )
    .version(VERSION, '-V, --version', 'Print the version.')
    .addOption(
      new Option('--url <url>', 'Where the gateway is (ONCELOG_URL).').default(
        env['ONCELOG_URL'] || DEFAULT_URL,
      ),
    )
    .addOption(apiKeyOption(env))
    .option('--api-key-file <file>', 'The file that holds the key.')
    .option('--json', 'Print JSON for programs: one document, or where a list may be long an object a line.')
    .option('--no-color', 'No colours. (They are used on terminals only; NO_COLOR turns them off as well.)')
    .option('--timeout <seconds>', 'Keep trying so long. Default: some seconds; to publish, 300.', seconds)
    .helpOption('-h, --help', 'Print this.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'oncelog: ').replace('\n(', ' (')),
    })
    .showSuggestionAfterError()
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)
    .exitOverride();
}

/** The key from the environment must not be shown as a default. */
function apiKeyOption(env: ProgramDeps['env']): Option {
  const option = new Option(
    '--api-key <key>',
    'The key to send. Better in ONCELOG_API_KEY or a file: others may see arguments.',
  );
  const key = env['ONCELOG_API_KEY'] || undefined;
  return key === undefined ? option : option.default(key, 'from ONCELOG_API_KEY');
}
