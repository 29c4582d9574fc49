import { Argument, type Command } from 'commander';
import { COMPLETION_SCRIPTS, candidates } from '../completion.ts';
import type { Runner } from '../program.ts';

type Shell = keyof typeof COMPLETION_SCRIPTS;

export function completionCommand(parent: Command, run: Runner): Command {
  // asked by the scripts, at each press of the key
  parent
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(
      run(async ({ out }, _options, words) => {
        await out.write(
          candidates(parent, words)
            .map((line) => `${line}\n`)
            .join(''),
        );
        return undefined;
      }),
    );
  return parent
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'for which one').choices(Object.keys(COMPLETION_SCRIPTS)))
    .addHelpText(
      'after',
      `
oncelog must be in PATH: PATH="$PWD/node_modules/.bin:$PATH"

Examples:
  source <(oncelog completion bash)      in ~/.bashrc
  source <(oncelog completion zsh)       in ~/.zshrc, behind compinit
  oncelog completion fish | source       in ~/.config/fish/config.fish`,
    )
    .action(
      run(async ({ out }, _options, [shell = 'bash']) => {
        await out.write(COMPLETION_SCRIPTS[shell as Shell]);
        return undefined;
      }),
    );
}
