import type { Argument, Command, Option } from 'commander';

/** In the place of candidates: the shell is to complete names of files. */
const FILES = ':files';

interface Place {
  readonly command: Command;
  /** The option whose value is being typed. */
  readonly awaiting: Option | undefined;
  /** Operands of the command before this word. */
  readonly operands: number;
}

/**
 * What the last word may become: lines of candidate, tab, description; or {@link FILES}.
 *
 * @param words what was typed behind the program's name, the last one as far as it was typed
 */
export function candidates(program: Command, words: readonly string[]): string[] {
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  const place = placeOf(program, words.slice(0, -1), words.at(-1) === '=');
  const isOption = current.startsWith('-');
  if (isOfFile(place, isOption)) return [FILES];
  return allCandidates(place, isOption).filter((line) => line.startsWith(current));
}

/** Reads words as commander would. Shells hand over `--option=value` as it is, or bash as three words. */
function placeOf(program: Command, words: readonly string[], isBehindEquals: boolean): Place {
  let command = program;
  let operands = 0;
  let awaiting: Option | undefined;
  for (const [index, word] of words.entries()) {
    if (word === '=') continue;
    if (awaiting !== undefined) {
      awaiting = undefined;
    } else if (word.startsWith('-')) {
      const option = optionsOf(command).find((one) => one.short === word || one.long === word);
      const takesNext =
        option?.required ||
        (option?.optional && words[index + 1] === '=') ||
        (option?.optional && isBehindEquals);
      awaiting = takesNext ? option : undefined;
    } else {
      const below = command.commands.find((one) => one.name() === word);
      if (below === undefined) operands++;
      else command = below;
    }
  }
  return { command, awaiting, operands };
}

/** Those of the command and of all above it. */
function optionsOf(command: Command): Option[] {
  const own = command.createHelp().visibleOptions(command);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

/** An operand that may be repeated goes on for ever. */
function argumentOf({ command, operands }: Place): Argument | undefined {
  const known = command.registeredArguments;
  const last = known.at(-1);
  return known[operands] ?? (last?.variadic ? last : undefined);
}

function isOfFile(place: Place, isOption: boolean): boolean {
  const { awaiting } = place;
  if (awaiting !== undefined) return awaiting.flags.includes('<file>');
  return !isOption && place.command.commands.length === 0 && argumentOf(place)?.name() === 'file';
}

function allCandidates(place: Place, isOption: boolean): string[] {
  const { command, awaiting } = place;
  if (awaiting !== undefined) return awaiting.argChoices ?? [];
  if (isOption) {
    return optionsOf(command).flatMap(({ long, description }) => (long ? `${long}\t${description}` : []));
  }
  if (command.commands.length > 0) {
    const below = command.createHelp().visibleCommands(command);
    return below.map((one) => `${one.name()}\t${one.description()}`);
  }
  return argumentOf(place)?.argChoices ?? [];
}

/** Nothing that was typed is evaluated: the words go to the command as they are. */
export const COMPLETION_SCRIPTS = {
  bash: `# Completion of oncelog for bash: source <(oncelog completion bash)
_oncelog() {
  local candidate _ files=
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == ${FILES} ]]; then files=1
    elif [[ -n $candidate ]]; then COMPREPLY+=("$candidate")
    fi
  done < <(oncelog complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ -n $files ]] || compopt +o default 2>/dev/null || true
}
complete -o default -F _oncelog oncelog
`,
  zsh: `#compdef oncelog
# Completion of oncelog for zsh: source <(oncelog completion zsh)
_oncelog() {
  local -a found
  local line
  for line in "\${(@f)$(oncelog complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ${FILES} ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#found} )) && _describe oncelog found
}
if [[ \${funcstack[1]} == _oncelog ]]; then _oncelog "$@"; else compdef _oncelog oncelog; fi
`,
  fish: `# Completion of oncelog for fish: oncelog completion fish | source
function __oncelog_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l found (oncelog complete -- $words[2..-1] 2>/dev/null)
    if test "$found" = ${FILES}
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c oncelog -f -a '(__oncelog_candidates)'
`,
} as const;
