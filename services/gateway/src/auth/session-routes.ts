import { parseJson, type Scope, type Session, type SignIn, SignInSchema } from '@oncelog/event-schema';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from '../problem.ts';
import type { Authentication } from './authentication.ts';
import { SESSION_COOKIE } from './credentials.ts';
import { type Principal, principalOf } from './principal.ts';

const ALL_SCOPES: Scope[] = ['publish', 'read', 'admin'];
const EVERYBODY: Session = {
  anonymous: true,
  id: null,
  name: null,
  scopes: ALL_SCOPES,
  topics: null,
  expires_at: null,
};

/** Failed attempts of one address. A key cannot be guessed; this keeps the log readable. */
const ATTEMPTS = 10;
const PER_MS = 60_000;

const validator = TypeCompiler.Compile(SignInSchema);

/** `GET /session`: who asks, and what they may do. */
export const readSessionRoute: RequestHandler = (_request, response) => {
  const principal = principalOf(response);
  answer(response, principal === undefined ? EVERYBODY : sessionOf(principal));
};

/** `POST /session`: a session for a key, as a cookie that the pages' scripts cannot read. Behind what reads the body. */
export function signInRoute(authentication: Authentication | undefined): RequestHandler {
  return (request, response) => {
    const key = apiKeyIn(request.body as Buffer);
    if (authentication === undefined) return answer(response, EVERYBODY);
    const known = authentication.keyOf(key, response);
    const { value, expiresAtMs } = authentication.sessions.issue(known);
    response.cookie(SESSION_COOKIE, value, { ...cookieOf(request), expires: new Date(expiresAtMs) });
    answer(response, sessionOf({ ...known, keyId: known.id, expiresAtMs }));
  };
}

/** `DELETE /session`: the browser forgets it. It ends by itself, or with its key. */
export const signOutRoute: RequestHandler = (request, response) => {
  response.clearCookie(SESSION_COOKIE, cookieOf(request)).status(204).end();
};

/** Before sign-in: who fails again and again waits. */
export function limitSignIns(): RequestHandler {
  return rateLimit({
    windowMs: PER_MS,
    limit: ATTEMPTS,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, { statusCode }) => statusCode !== 401,
    standardHeaders: 'draft-6', // of the two limits this is the tighter one
    legacyHeaders: false,
    validate: false, // it would speak by the console
    handler: (request) => {
      const { resetTime } = (request as Request & { rateLimit: { resetTime?: Date } }).rateLimit;
      const waitMs = (resetTime?.getTime() ?? 0) - Date.now();
      throw new Problem('too-many-requests', {
        detail: 'Signing in has failed too often from this address.',
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      });
    },
  });
}

function apiKeyIn(body: Buffer): string {
  const parsed = parseJson(body);
  if (parsed.outcome === 'malformed') throw new Problem('malformed-json', { detail: parsed.detail });
  if (validator.Check(parsed.document)) return (parsed.document as SignIn).api_key;
  const detail = 'It must be an API key.';
  throw new Problem('invalid-sign-in', {
    detail: 'The body must be an object with an api_key.',
    errors: [{ pointer: '/api_key', rule: 'required', detail }],
  });
}

function cookieOf(request: Request) {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: request.secure } as const;
}

type Known = Pick<Principal, 'keyId' | 'name' | 'scopes' | 'topics' | 'expiresAtMs'>;

function sessionOf({ keyId, name, scopes, topics, expiresAtMs }: Known): Session {
  return {
    anonymous: false,
    id: keyId,
    name: name ?? null,
    scopes: ALL_SCOPES.filter((scope) => scopes.has('admin') || scopes.has(scope)),
    topics: topics === undefined ? null : [...topics],
    expires_at: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : null,
  };
}

function answer(response: Response, session: Session): void {
  response.set('Cache-Control', 'no-store').json(session);
}
