import { createHash, randomBytes } from 'node:crypto';
import { createLogger, type Logger } from '@oncelog/service-kit';
import type { ApiKey } from '../auth/api-key.ts';
import { type Authentication, createAuthentication } from '../auth/authentication.ts';
import { createKeyRing, type KeyRing } from '../auth/key-ring.ts';
import { createSessions } from '../auth/sessions.ts';
import { parseKeys } from '../auth/stored-keys.ts';

export interface TestKey {
  /** `olk_…` */
  readonly text: string;
  /** An element of the file. */
  readonly stored: Readonly<Record<string, unknown>>;
}

/** A key with the scope `read`; `fields` override what is stored of it. */
export function newKey(fields: Record<string, unknown> = {}): TestKey {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const hash = `sha256:${createHash('sha256').update(secret).digest('hex')}`;
  return { text: `olk_${id}_${secret}`, stored: { id, hash, scopes: ['read'], ...fields } };
}

/** What the gateway makes of what is stored. */
export function keysOf(...keys: readonly TestKey[]): readonly ApiKey[] {
  const parsed = parseKeys(JSON.stringify(keys.map(({ stored }) => stored)));
  if (parsed.outcome === 'invalid') throw new Error(parsed.problems.join('; '));
  return parsed.keys;
}

/** Asks for these keys. */
export function authenticationWith(
  ring: KeyRing,
  {
    log = createLogger('gateway', 'silent'),
    now = () => new Date(),
  }: { log?: Logger; now?: () => Date } = {},
): Authentication {
  const sessions = createSessions({ ring, now }, { secret: 'x'.repeat(32) });
  return createAuthentication({ ring, sessions, log, now });
}

export const ringOf = (...keys: readonly TestKey[]): KeyRing => createKeyRing(keysOf(...keys));
