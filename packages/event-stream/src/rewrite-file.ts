import type { StreamClient, StreamLogger } from './connection.ts';
import { StreamRefusedError, streamError } from './errors.ts';

/** A rewrite that failed, on a full disk perhaps, is not tried again at once: each try forks the server. */
const RETRY_AFTER_MS = 60_000;

const PASSING = new Set(['LOADING', 'MISCONF']);

/**
 * Has Redis rewrite its append-only file from memory, if it has not managed to since it started.
 *
 * A file that was torn in the middle of a script's writes is cut off before the write that is torn, not before the
 * script's MULTI (seen with Redis 7.0.15): the half that stays is left out of memory, but at the start after that it
 * would be executed together with what follows it, and the totals would be wrong. A rewritten file holds what is in
 * memory and nothing else.
 *
 * A server that keeps these commands, and the care of its files, to itself is left alone.
 */
export function createFileRewriter(log: StreamLogger): (client: StreamClient) => Promise<void> {
  let refused = false;
  let notBefore = 0; // after a rewrite that failed
  return async (client) => {
    if (refused) return;
    try {
      const persistence = String(await client.info('persistence'));
      const says = (line: string) => persistence.includes(`${line}\r\n`);
      if (!says('aof_enabled:1') || says('aof_rewrite_in_progress:1')) return;
      const failed = says('aof_last_bgrewrite_status:err');
      if (!failed && !says('aof_last_rewrite_time_sec:-1')) return;
      if (failed && performance.now() < notBefore) return;
      notBefore = performance.now() + RETRY_AFTER_MS;
      await client.sendCommand(['BGREWRITEAOF']);
    } catch (error) {
      const failure = streamError(error);
      if (!(failure instanceof StreamRefusedError)) throw error;
      // it will be another time; or another member was quicker
      if (PASSING.has(failure.code) || /in progress/.test(String(failure.cause))) return;
      refused = true;
      log.warn({ err: failure }, 'redis does not let us have its append-only file rewritten');
    }
  };
}
