import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from './api-key.ts';
import type { KeyRing } from './key-ring.ts';

export const SESSION_MS = 12 * 60 * 60 * 1_000;

interface IssuedSession {
  /** For the cookie. */
  readonly value: string;
  readonly expiresAtMs: number;
}

interface VerifiedSession {
  readonly key: ApiKey;
  readonly expiresAtMs: number;
}

/** Sessions of browsers. Nothing is kept of them: all that there is stands in the cookie, signed. */
export interface Sessions {
  issue(key: ApiKey): IssuedSession;
  /** Undefined where we have not signed it, its time is over, or its key is not what it was. */
  verify(value: string): VerifiedSession | undefined;
}

export interface SessionsDeps {
  readonly ring: Pick<KeyRing, 'find'>;
  readonly now: () => Date;
}

/** `<key id>.<end, ms>.<HMAC>` */
const SESSION = /^([a-z0-9]{12})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/;
const NOBODY = Buffer.alloc(32);

/**
 * @param secret signs: gateways that share it take one another's sessions. The key's hash is signed as well, so that a session
 * ends when its key is removed, or made anew.
 */
export function createSessions(
  { ring, now }: SessionsDeps,
  { secret }: { readonly secret: string },
): Sessions {
  const sign = (id: string, expiresAtMs: number, hash: Buffer): Buffer =>
    createHmac('sha256', secret).update(`oncelog session\0${id}\0${expiresAtMs}\0`).update(hash).digest();

  return {
    issue(key) {
      const expiresAtMs = Math.min(now().getTime() + SESSION_MS, key.expiresAtMs);
      const signature = sign(key.id, expiresAtMs, key.hash).toString('base64url');
      return { value: `${key.id}.${expiresAtMs}.${signature}`, expiresAtMs };
    },
    verify(value) {
      const [, id = '', end, signature = ''] = SESSION.exec(value) ?? [];
      if (end === undefined) return undefined;
      const key = ring.find(id);
      const issuedUntilMs = Number(end);
      // what the key may has an end of its own, that may have been changed since
      const expiresAtMs = Math.min(issuedUntilMs, key?.expiresAtMs ?? 0);
      const isOurs = timingSafeEqual(
        sign(id, issuedUntilMs, key?.hash ?? NOBODY),
        Buffer.from(signature, 'base64url'),
      );
      return key !== undefined && isOurs && now().getTime() < expiresAtMs ? { key, expiresAtMs } : undefined;
    },
  };
}
