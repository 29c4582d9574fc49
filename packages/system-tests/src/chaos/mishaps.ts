import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FATAL = '"level":60';
const OF_SERVICES = /^(gateway|consumer|stray)/;
const SHOWN_CHARACTERS = 600;

/** Of the services' logs, what nobody may see: fatal entries, and whatever is no entry at all (a stack trace, a warning). */
export function mishapsInLogs(dir: string): string[] {
  return readdirSync(dir)
    .filter((file) => OF_SERVICES.test(file))
    .flatMap((file) => mishapsIn(readFileSync(join(dir, file), 'utf8')).map((line) => `${file}: ${line}`));
}

/** The lines of one service's output that are mishaps. A line that a kill has cut short is not one. */
export function mishapsIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.includes(FATAL) || (line.trim() !== '' && !line.startsWith('{')))
    .map((line) => line.slice(0, SHOWN_CHARACTERS));
}
