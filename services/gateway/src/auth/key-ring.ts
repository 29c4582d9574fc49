import { hash, timingSafeEqual } from 'node:crypto';
import { type ApiKey, parseKey } from './api-key.ts';

/** What became of a text that should be a key. Clients are told less: see authentication.ts. */
type Verified =
  | { readonly outcome: 'known'; readonly key: ApiKey }
  | { readonly outcome: 'malformed' }
  | { readonly outcome: 'unknown' | 'wrong-secret'; readonly id: string };

/** The keys that are known now. */
export interface KeyRing {
  /** Whether a text is a known key. Whether that has expired is not looked at. */
  verify(text: string): Verified;
  find(id: string): ApiKey | undefined;
  /** From now on there are these, and no others. */
  replace(keys: readonly ApiKey[]): void;
}

/** What looks at secrets. Tests count the calls. */
interface SecretChecks {
  /** SHA-256, 32 bytes. */
  readonly digest: (secret: string) => Buffer;
  /** In a time that does not depend on where they differ. */
  readonly equal: (a: Buffer, b: Buffer) => boolean;
}

const CHECKS: SecretChecks = {
  digest: (secret) => hash('sha256', secret, 'buffer'),
  equal: timingSafeEqual,
};

/** Of no secret that anybody has. */
const NOBODY = Buffer.alloc(32);

/**
 * Keys are found by their ID, which is no secret. The secret that was sent is hashed, and the hashes are compared in constant
 * time; where the ID is unknown, the same is done for nothing, so that the time tells nobody which IDs there are.
 */
export function createKeyRing(keys: readonly ApiKey[], { digest, equal } = CHECKS): KeyRing {
  let byId = indexed(keys);
  return {
    verify(text) {
      const presented = parseKey(text);
      if (presented === undefined) return { outcome: 'malformed' };
      const { id, secret } = presented;
      const key = byId.get(id);
      const isRight = equal(digest(secret), key?.hash ?? NOBODY);
      if (key === undefined) return { outcome: 'unknown', id };
      return isRight ? { outcome: 'known', key } : { outcome: 'wrong-secret', id };
    },
    find: (id) => byId.get(id),
    replace(others) {
      byId = indexed(others);
    },
  };
}

function indexed(keys: readonly ApiKey[]): ReadonlyMap<string, ApiKey> {
  return new Map(keys.map((key) => [key.id, key]));
}
