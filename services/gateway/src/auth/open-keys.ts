import { readFile } from 'node:fs/promises';
import { type Logger, pause } from '@oncelog/service-kit';
import type { ApiKey } from './api-key.ts';
import { type Authentication, createAuthentication } from './authentication.ts';
import { createKeyRing } from './key-ring.ts';
import { createSessions } from './sessions.ts';
import { parseKeys } from './stored-keys.ts';

export interface OpenKeysDeps {
  readonly log: Logger;
  readonly now: () => Date;
  readonly newSecret: () => string;
}

export interface OpenKeysConfig {
  readonly apiKeys?: string;
  readonly apiKeysFile?: string;
  readonly sessionSecret?: string;
}

export interface OpenedKeys {
  readonly authentication: Authentication;
  /**
   * Takes the file's keys where it has changed, and cuts off whose key is gone. A file that is broken or missing keeps the keys
   * that are known, and is told at once and every minute. Never
   * rejects.
   */
  tick(): Promise<void>;
  /** Whether the last `tick` could read the keys: false while those from before stay. */
  areCurrent(): boolean;
}

/** Whether keys are asked for: an empty setting is none, as Compose passes on what is not set. */
export function asksForKeys({ apiKeys, apiKeysFile }: OpenKeysConfig): boolean {
  return Boolean(apiKeys) || Boolean(apiKeysFile);
}

/**
 * The keys that the settings give; undefined where they give none.
 *
 * @throws where they cannot be read
 */
export async function openKeys(deps: OpenKeysDeps, config: OpenKeysConfig): Promise<OpenedKeys | undefined> {
  if (!asksForKeys(config)) return undefined;
  const { log, now } = deps;
  const { apiKeysFile: file, apiKeys } = config;
  const read = (): Promise<string> => (file ? readFile(file, 'utf8') : Promise.resolve(apiKeys ?? ''));
  let seen = await read().catch((cause: unknown) => {
    throw new Error(`API_KEYS_FILE cannot be read: ${(cause as Error).message}`);
  });
  const keys = keysOf(seen);
  if (keys.length === 0) log.warn('there are no API keys: every request that needs one is refused');
  const ring = createKeyRing(keys);
  const secret = config.sessionSecret || deps.newSecret();
  const sessions = createSessions({ ring, now }, { secret });
  const authentication = createAuthentication({ ring, sessions, log, now });
  log.info({ keys: keys.length }, 'API keys are asked for');

  let failure: Failure | undefined;
  const reload = async (): Promise<void> => {
    const text = await read();
    if (text !== seen) {
      const changed = keysOf(text);
      seen = text;
      ring.replace(changed);
      log.info({ keys: changed.length }, 'API keys reloaded');
    }
    failure = undefined;
  };

  return {
    authentication,
    async tick() {
      try {
        await reload();
      } catch (error) {
        const { message } = error as Error;
        failure = { message, ticks: message === failure?.message ? failure.ticks + 1 : 0 };
        if (failure.ticks % TOLD_EVERY === 0)
          log.error({ err: error }, 'API keys not reloaded: those from before stay');
      }
      authentication.check();
    },
    areCurrent: () => failure === undefined,
  };
}

/** How soon a change of the keys counts, and the end of a key whose answers go on. */
const EVERY_MS = 2_000;
/** Ticks: a minute. */
const TOLD_EVERY = 30;

/** What is in the way of the keys, and for how many ticks before the last one. */
interface Failure {
  readonly message: string;
  readonly ticks: number;
}

/** Ticks until the signal aborts. */
export async function watchKeys({ tick }: Pick<OpenedKeys, 'tick'>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await pause(EVERY_MS, stop);
    if (!stop.aborted) await tick();
  }
}

/** @throws naming what is wrong, and nothing of the text */
function keysOf(text: string): readonly ApiKey[] {
  const parsed = parseKeys(text);
  if (parsed.outcome === 'valid') return parsed.keys;
  throw new Error(`the API keys are not as they should be: ${parsed.problems.join('; ')}`);
}
