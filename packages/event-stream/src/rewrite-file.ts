import type { StreamClient } from './connection.ts';
import { StreamRefusedError, streamError } from './errors.ts';

/**
 * Has Redis rewrite its append-only file from memory, if it has not done so since it started.
 *
 * A file that was torn in the middle of a script's writes is cut off before the write that is torn, not before the
 * script's MULTI (seen with Redis 7.0.15): the half that stays is left out of memory, but at the start after that it
 * would be executed together with what follows it, and the totals would be wrong. A rewritten file holds what is in
 * memory and nothing else.
 */
export async function rewriteFile(client: StreamClient): Promise<void> {
  const persistence = String(await client.info('persistence'));
  const isDue =
    /^aof_enabled:1\r?$/m.test(persistence) &&
    /^aof_last_rewrite_time_sec:-1\r?$/m.test(persistence) &&
    /^aof_rewrite_in_progress:0\r?$/m.test(persistence);
  if (!isDue) return;
  try {
    await client.sendCommand(['BGREWRITEAOF']);
  } catch (error) {
    // another member was quicker, or it is a server that keeps the command, and the care of its files, to itself
    if (!(streamError(error) instanceof StreamRefusedError)) throw error;
  }
}
