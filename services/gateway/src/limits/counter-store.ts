import { createHash } from 'node:crypto';
import { StreamRefusedError } from '@oncelog/event-stream';
import type { Store } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';

/** Sends a command to Redis; throws as {@link CommandConnection} does. */
export type SendCommand = (...command: string[]) => Promise<unknown>;

/**
 * The library's counters in Redis, a key for each client and window: `oncelog:rate:address:192.0.2.1`.
 *
 * The library loads its scripts once, at the start, and works no more if Redis was away then. Here a script is known by
 * its digest without asking anybody, and sent whole where Redis does not know it.
 */
export function createCounterStore(send: SendCommand, prefix: string): Store {
  const scripts = new Map<string, string>();
  const sendCommand = async (...command: string[]): Promise<RedisReply> => {
    const [name, argument = '', ...rest] = command;
    if (name === 'SCRIPT') {
      const script = rest[0] ?? '';
      const digest = createHash('sha1').update(script).digest('hex');
      scripts.set(digest, script);
      return digest;
    }
    try {
      return (await send(...command)) as RedisReply;
    } catch (error) {
      const script = scripts.get(argument);
      if (!(error instanceof StreamRefusedError) || error.code !== 'NOSCRIPT' || script === undefined)
        throw error;
      return (await send('EVAL', script, ...rest)) as RedisReply;
    }
  };
  return new RedisStore({ sendCommand, prefix: `${prefix}:rate:` });
}
