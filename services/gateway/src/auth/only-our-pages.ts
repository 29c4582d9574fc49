import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { siteOf } from './credentials.ts';

/**
 * Refuses what a page of another site makes a browser send. Before sign-in and sign-out, and, where nobody is asked for a key,
 * before what deletes or publishes again: a browser sends a POST without a body for whoever asks.
 *
 * @param origins of pages that may as well
 */
export function onlyOurPages(origins: readonly string[] = []): RequestHandler {
  return (request, _response, next) => {
    if (siteOf(request) !== 'foreign' || origins.includes(request.headers.origin ?? '')) return next();
    throw new Problem('forbidden', { detail: 'The request comes from a page of another site.' });
  };
}
