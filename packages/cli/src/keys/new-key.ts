import { createHash, randomBytes, randomInt } from 'node:crypto';

/** An element of the gateway's API_KEYS_FILE: enough to recognise a key, and not enough to be it. */
export interface KeyEntry {
  readonly id: string;
  readonly hash: string;
  readonly scopes: readonly string[];
  readonly topics?: readonly string[];
  readonly name?: string;
  readonly created_at?: string;
  readonly expires_at?: string;
}

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
export function recognise(key: string): Pick<KeyEntry, 'id' | 'hash'> | undefined {
  const [, id, secret] = /^olk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/.exec(key) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return { id, hash: `sha256:${createHash('sha256').update(secret).digest('hex')}` };
}
