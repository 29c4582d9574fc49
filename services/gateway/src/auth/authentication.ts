import type { IncomingMessage } from 'node:http';
import type { Logger } from '@oncelog/service-kit';
import type { Request, Response } from 'express';
import { createLineLimit } from '../limits/line-limit.ts';
import { Problem } from '../problem.ts';
import type { ApiKey } from './api-key.ts';
import { credentialOf } from './credentials.ts';
import type { KeyRing } from './key-ring.ts';
import type { Principal } from './principal.ts';
import type { Sessions } from './sessions.ts';

/** Finds out who asks. */
export interface Authentication {
  readonly sessions: Sessions;
  /** @throws {Problem} 401 where the request has no valid key, and no session */
  principal(request: Request, response: Response): Principal;
  /** The ID of the valid key, or of the session's key, that a request brings; says nothing of it in the log. */
  keyIdOf(request: Request): string | undefined;
  /** @throws {Problem} 401 */
  keyOf(text: string, response: Response): ApiKey;
  /** Cuts off what may go on for hours, an event stream or an upload of lines, when its key is removed or changed, or its time is over. */
  hold(response: Response, principal: Principal): void;
  /** Looks at those that are held. */
  check(): void;
}

export interface AuthenticationDeps {
  readonly ring: KeyRing;
  readonly sessions: Sessions;
  readonly log: Logger;
  readonly now: () => Date;
}

export function createAuthentication({ ring, sessions, log, now }: AuthenticationDeps): Authentication {
  const lineLimit = createLineLimit({ log });
  const held = new Map<Response, () => boolean>();

  const refuse = (response: Response, detail: string, fields: Record<string, string>): Problem => {
    if (lineLimit.admits('credentials refused')) {
      log.info({ requestId: response.locals['requestId'] as string, ...fields }, 'credentials refused');
    }
    return new Problem('unauthenticated', { detail });
  };

  const keyOf = (text: string, response: Response): ApiKey => {
    const verified = ring.verify(text);
    if (verified.outcome !== 'known') {
      const { outcome: reason, ...claimed } = verified;
      throw refuse(response, 'The API key is not valid.', {
        reason,
        ...('id' in claimed ? { keyId: claimed.id } : {}),
      });
    }
    const { key } = verified;
    if (now().getTime() >= key.expiresAtMs) {
      throw refuse(response, 'The API key has expired.', { reason: 'expired', keyId: key.id });
    }
    return key;
  };

  return {
    sessions,
    keyOf,
    keyIdOf(request) {
      const credential = credentialOf(request as IncomingMessage);
      if (credential === undefined) return undefined;
      if (credential.kind === 'session') return sessions.verify(credential.text)?.key.id;
      const verified = ring.verify(credential.text);
      const isValid = verified.outcome === 'known' && now().getTime() < verified.key.expiresAtMs;
      return isValid ? verified.key.id : undefined;
    },
    principal(request, response) {
      const credential = credentialOf(request as IncomingMessage);
      if (credential === undefined) throw new Problem('unauthenticated', { detail: KEY_NEEDED });
      if (credential.kind === 'key') {
        const key = keyOf(credential.text, response);
        return principalOfKey(key, { expiresAtMs: key.expiresAtMs, bySession: false });
      }
      const session = sessions.verify(credential.text);
      if (session === undefined) {
        throw refuse(response, 'The session has ended: sign in again.', { reason: 'session' });
      }
      return principalOfKey(session.key, { expiresAtMs: session.expiresAtMs, bySession: true });
    },
    hold(response, { keyId, expiresAtMs }) {
      const fingerprint = ring.find(keyId)?.fingerprint;
      held.set(
        response,
        () => ring.find(keyId)?.fingerprint === fingerprint && now().getTime() < expiresAtMs,
      );
      response.once('close', () => held.delete(response));
    },
    check() {
      // not the answer alone: one that waits behind another has no socket of its own, and its upload would go on
      for (const [response, isValid] of held) if (!isValid()) response.req.socket.destroy();
    },
  };
}

const KEY_NEEDED = 'An API key is needed: send it as Authorization: Bearer, or as X-API-Key.';

function principalOfKey(
  { id, name, scopes, topics }: ApiKey,
  { expiresAtMs, bySession }: Pick<Principal, 'expiresAtMs' | 'bySession'>,
): Principal {
  return { keyId: id, name, scopes, topics, expiresAtMs, bySession };
}
