/**
 * How far a replay by filter has come. The end is fixed by the first call: a letter that is replayed and buried once
 * more becomes a new letter behind the others, and a client that goes on while letters remain would never end.
 */
export interface ReplayCursor {
  /** The ID of the last letter that was looked at. */
  readonly afterId: string;
  /** One more than the newest letter when the first call came. */
  readonly beforeId: string;
}

export function encodeReplayCursor({ afterId, beforeId }: ReplayCursor): string {
  return Buffer.from(`r${afterId}.${beforeId}`).toString('base64url');
}

/** Undefined where {@link encodeReplayCursor} did not make it. */
export function decodeReplayCursor(cursor: string): ReplayCursor | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, afterId, beforeId] = /^r(\d{1,18})\.(\d{1,18})$/.exec(text) ?? [];
  if (afterId === undefined || beforeId === undefined) return undefined;
  return encodeReplayCursor({ afterId, beforeId }) === cursor ? { afterId, beforeId } : undefined;
}
