import type { Access } from '../auth/access.ts';
import { SESSION_COOKIE } from '../auth/credentials.ts';
import type { JsonSchema } from './json-schema.ts';

/** The Security Scheme Objects: the ways to say who one is. */
export const SECURITY_SCHEMES: Record<'key' | 'keyInHeader' | 'session', JsonSchema> = {
  key: { type: 'http', scheme: 'bearer', bearerFormat: 'olk_<id>_<secret>', description: 'An API key.' },
  keyInHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same in another header.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'Of browsers: what `POST /session` answers.',
  },
};

/** The Security Requirement Objects of an operation: each way with each scope that is enough, or none where none is asked for. */
export function securityOf(
  access: Access,
  { keysRequired }: { readonly keysRequired: boolean },
): { security?: JsonSchema[] } {
  if (access === 'open') return {};
  const ways = access.scopes.flatMap((scope) =>
    Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [scope] })),
  );
  return { security: keysRequired ? ways : [{}, ...ways] };
}
