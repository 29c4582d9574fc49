import type { Scope } from '@oncelog/event-schema';

/** A key as the gateway knows it: enough to recognise it, and not enough to be it. */
export interface ApiKey {
  /** Names it everywhere: in logs, in sessions, in front of the secret. */
  readonly id: string;
  /** Of its secret: SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly scopes: ReadonlySet<Scope>;
  /** Prefixes of the topics that it is limited to. */
  readonly topics: readonly string[] | undefined;
  readonly name: string | undefined;
  /** Infinity where it does not expire. */
  readonly expiresAtMs: number;
  /** All of it as a text: another one is another key, though its ID be the same. */
  readonly fingerprint: string;
}

/** What a client sends: `olk_<id>_<secret>`. */
export interface PresentedKey {
  readonly id: string;
  readonly secret: string;
}

/** The secret is 32 random bytes in Base64 for URLs, as `oncelog keys create` makes them. */
const KEY = /^olk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** Undefined where the text is no key of ours, whatever its bytes. */
export function parseKey(text: string): PresentedKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
