import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { StoredKey } from '@oncelog/event-schema';

export const SCOPES = ['publish', 'read', 'admin'] as const;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_CHARACTERS = 12;
const SECRET_BYTES = 32;

/** A key that nobody can guess: `olk_<id>_<secret>`. */
export function newKey(): string {
  const id = Array.from({ length: ID_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `olk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/**
 * What identifies a key, and what recognises it. A plain SHA-256 is enough for 32 random bytes: there is no list of likely ones
 * to try.
 *
 * @returns undefined where the text is no key
 */
export function recognise(key: string): Pick<StoredKey, 'id' | 'hash'> | undefined {
  const [, id, secret] = /^olk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/.exec(key) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return { id, hash: `sha256:${createHash('sha256').update(secret).digest('hex')}` };
}
