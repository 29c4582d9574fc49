import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * A JSON logger on standard output: constant messages, data in fields, never payloads.
 *
 * Errors are logged with their causes; `pid` and `hostname` tell the members of a group apart.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = { level, base: { service, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  // synchronous: a service that exits right after its last line must not lose it
  return pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
}
