import type { IncomingMessage } from 'node:http';

/** What a request says of who sends it. */
export type Credential =
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'session'; readonly text: string };

export const SESSION_COOKIE = 'oncelog_session';

const BEARER = /^bearer(?: +|$)/i;
const COOKIE = new RegExp(`(?:^|;) *${SESSION_COOKIE}=([^;]*)`);

/** A key goes before a session. `X-API-Key` goes first: what Authorization says beside it is for somebody before us, a proxy. */
export function credentialOf({ headers }: IncomingMessage): Credential | undefined {
  const { authorization, cookie, 'x-api-key': apiKey } = headers;
  if (typeof apiKey === 'string') return { kind: 'key', text: apiKey };
  if (authorization !== undefined && BEARER.test(authorization)) {
    return { kind: 'key', text: authorization.replace(BEARER, '') };
  }
  const [, session] = COOKIE.exec(cookie ?? '') ?? [];
  return session === undefined ? undefined : { kind: 'session', text: session };
}

/**
 * Which page makes a browser send a request: one of ours, or another's. `unknown` where nothing says so, as from everything that
 * is no browser. Browsers say it by `Sec-Fetch-Site`, and, where the connection is not secure, by `Origin` alone.
 */
export function siteOf({ headers }: IncomingMessage): 'ours' | 'foreign' | 'unknown' {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined) return site === 'same-origin' ? 'ours' : 'foreign';
  if (origin === undefined) return 'unknown';
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase() ? 'ours' : 'foreign';
}
