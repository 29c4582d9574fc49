import { parseStoredKeys, type StoredKey } from '@oncelog/event-schema';
import type { ApiKey } from './api-key.ts';

export type ParsedKeys =
  | { readonly outcome: 'valid'; readonly keys: readonly ApiKey[] }
  /** In words that repeat nothing of the text. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** Reads keys from their JSON text, as {@link parseStoredKeys} does. */
export function parseKeys(text: string): ParsedKeys {
  const parsed = parseStoredKeys(text);
  return parsed.outcome === 'valid' ? { outcome: 'valid', keys: parsed.keys.map(keyOf) } : parsed;
}

function keyOf(stored: StoredKey): ApiKey {
  const { id, hash, scopes, topics, name, expires_at: expiresAt } = stored;
  return {
    id,
    hash: Buffer.from(hash.slice('sha256:'.length), 'hex'),
    scopes: new Set(scopes),
    topics,
    name,
    expiresAtMs: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
    fingerprint: JSON.stringify([id, hash, scopes, topics, expiresAt]),
  };
}
