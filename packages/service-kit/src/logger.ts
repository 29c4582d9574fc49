import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * What JSON may leave as it is, and a terminal would act upon or hide: DEL and the C1 controls (U+009B begins a sequence as ESC [
 * does), marks and overrides of direction, line and paragraph separators. Fields hold what clients have sent.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same JSON: such characters stand in strings only, where an escape means the same. */
const withoutUnsafe = (line: string): string =>
  line.replaceAll(UNSAFE, (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * A JSON logger on standard output: constant messages, data in fields, never payloads. Whatever the fields hold, an entry is one line
 * that a terminal may show.
 *
 * Errors are logged with their causes; `pid` and `hostname` tell the members of a group apart.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: withoutUnsafe },
  };
  // synchronous: a service that exits right after its last line must not lose it
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
}
