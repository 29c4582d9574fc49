import { readFileSync } from 'node:fs';
import type { ProcessSpec } from './spawn-process.ts';

/** The end of what a process has written to its log file, in one line; empty when it has none. */
export function lastLines(output: ProcessSpec['output'], lines = 3): string {
  if (output === 'inherit') return '';
  try {
    return readFileSync(output.file, 'utf8').trim().split('\n').slice(-lines).join(' | ');
  } catch {
    return '';
  }
}
