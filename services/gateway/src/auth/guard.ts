import type { Scope } from '@oncelog/event-schema';
import type { Request, RequestHandler } from 'express';
import type { Operation } from '../api/operation.ts';
import { formatOf } from '../ingest/format.ts';
import { Problem } from '../problem.ts';
import type { Access } from './access.ts';
import type { Authentication } from './authentication.ts';
import { siteOf } from './credentials.ts';
import { onlyOurPages } from './only-our-pages.ts';
import { isWithin, outsideLimit, type Principal } from './principal.ts';

/** What stands before the handlers of an operation. */
export type Guard = (operation: Operation) => RequestHandler[];

/**
 * While this gateway asks for no keys. Of what changes anything, publishing needs a type of body that a browser sends to
 * another site only after asking it (CORS).
 *
 * @param origins of the pages that CORS lets use the API
 */
export function openGuard(origins: readonly string[]): Guard {
  return ({ access, method }) => {
    if (access === 'open') return [];
    const isAdmins = access.scopes.includes('admin') && access.scopes.length === 1;
    return isAdmins && method !== 'get'
      ? [notWhereKeysAreDemanded, onlyOurPages(origins)]
      : [notWhereKeysAreDemanded];
  };
}

/** Sent by a proxy that others can reach: it must not stand before a gateway that was started without its keys. */
const DEMAND = 'x-oncelog-keys';

const notWhereKeysAreDemanded: RequestHandler = ({ headers }, _response, next) => {
  if (headers[DEMAND] !== 'required') return next();
  throw new Problem('forbidden', {
    detail: 'The proxy demands API keys, and this gateway was started without any.',
  });
};

/** Lets pass who may, as the table of operations has it. Who that is, {@link principalOf} tells the handlers. */
export function createGuard(authentication: Authentication): Guard {
  return ({ access, method, answers }) => {
    if (access === 'open') return [];
    const lastsLong = answers[200]?.content?.['text/event-stream'] !== undefined;
    const handler: RequestHandler = (request, response, next) => {
      const principal = authentication.principal(request, response);
      response.locals['principal'] = principal;
      if (principal.bySession && method !== 'get') demandOurPage(request);
      demandScope(principal, access.scopes);
      if (principal.topics !== undefined) demandTopics(request, principal.topics, access);
      if (lastsLong || formatOf(request.headers) === 'lines') authentication.hold(response, principal);
      next();
    };
    return [handler];
  };
}

/** A browser sends its cookie whichever page makes it ask. SameSite keeps other sites away, this other ports and hosts. */
function demandOurPage(request: Request): void {
  if (siteOf(request) === 'ours') return;
  throw new Problem('forbidden', {
    detail: 'With a session this is allowed from the pages of this gateway only. Send a key otherwise.',
  });
}

function demandScope({ scopes }: Principal, wanted: readonly Scope[]): void {
  if (scopes.has('admin') || wanted.some((scope) => scopes.has(scope))) return;
  throw new Problem('forbidden', { detail: `This needs a key with the scope ${wanted.join(' or ')}.` });
}

function demandTopics(request: Request, prefixes: readonly string[], access: Exclude<Access, 'open'>): void {
  switch (access.limited) {
    case 'all':
    case 'events': // looked at one by one, where they are validated
      return;
    case 'query': {
      const asked = [request.query['topic'] ?? []].flat() as string[];
      if (asked.length > 0 && asked.every((topic) => isWithin(topic, prefixes))) return;
      throw new Problem('forbidden', {
        detail: `The key is limited to topics: ask with topic, for topics that begin with ${prefixes.map((prefix) => JSON.stringify(prefix)).join(' or ')}.`,
        errors: [outsideLimit('/query/topic')],
      });
    }
    default:
      throw new Problem('forbidden', {
        detail: 'The key is limited to topics, and this speaks of all topics.',
      });
  }
}
