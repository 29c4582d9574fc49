import type { Scope, Violation } from '@oncelog/event-schema';
import type { Response } from 'express';

/** Who asks: the key that a request came with. */
export interface Principal {
  readonly keyId: string;
  readonly name: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
  /** Prefixes of the topics that it is limited to. */
  readonly topics: readonly string[] | undefined;
  /** Of the key, or of the session; Infinity where it does not end. */
  readonly expiresAtMs: number;
  /** By a browser's cookie, which it sends whoever makes it ask. */
  readonly bySession: boolean;
}

/** Undefined where this gateway asks for no keys, or the operation is open. */
export function principalOf(response: Response): Principal | undefined {
  return response.locals['principal'] as Principal | undefined;
}

/** Who sends nothing that says who it is. IDs of keys are longer. */
const ANONYMOUS = 'anonymous';

/** Whose Idempotency-Keys are apart from those of others: a key's, by its ID. */
export function clientOf(response: Response): string {
  return principalOf(response)?.keyId ?? ANONYMOUS;
}

/** Decides for each topic whether it may be published to; undefined where all may, so that nobody need look. */
export type MayPublishTo = (topic: string) => boolean;

export function topicLimitOf(response: Response): MayPublishTo | undefined {
  const topics = principalOf(response)?.topics;
  return topics && ((topic) => isWithin(topic, topics));
}

export function isWithin(topic: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => topic.startsWith(prefix));
}

/** What a topic is told that is not within the limit. */
export function outsideLimit(pointer: string): Violation {
  return { pointer, rule: 'topic-prefix', detail: 'The key is limited to other topics.' };
}

/** What a log line says of a request, so that it can be found, and of who sent it. */
export function requestFields(response: Response): { requestId: string; keyId: string | undefined } {
  const { requestId, keyId } = response.locals as { requestId: string; keyId?: string };
  return { requestId, keyId: principalOf(response)?.keyId ?? keyId };
}
