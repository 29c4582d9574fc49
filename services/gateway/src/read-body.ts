import express, { type RequestHandler } from 'express';
import type { BodyBudget } from './body-budget.ts';
import { isJsonType } from './ingest/format.ts';
import { networkOf } from './limits/client-of.ts';
import { Problem } from './problem.ts';

export interface ReadBodyDeps {
  readonly budget: BodyBudget;
}

export interface ReadBodyConfig {
  readonly maxBodyBytes: number;
}

/** Refuses bodies that are not JSON. */
export const onlyJson: RequestHandler = (request, _response, next) => {
  if (isJsonType(request.headers['content-type'])) return next();
  throw new Problem('unsupported-media-type', { detail: 'Content-Type must be application/json, in UTF-8.' });
};

/**
 * Reads a body as bytes: `request.body` is a Buffer. What the headers rule out is refused before a byte is read.
 *
 * The bodies in memory are bounded: each request reserves its Content-Length, or the most that a body may have where
 * that says nothing, until it is answered or gone.
 */
export function readBody({ budget }: ReadBodyDeps, { maxBodyBytes }: ReadBodyConfig): RequestHandler[] {
  const admit: RequestHandler = (request, response, next) => {
    const length = Number(request.get('Content-Length') ?? Number.NaN);
    // body-parser would read the body first, and answer seconds later
    if (length > maxBodyBytes) {
      throw new Problem('body-too-large', { detail: `The body may have at most ${maxBodyBytes} bytes.` });
    }
    const isPlain = request.get('Content-Encoding') === undefined && !Number.isNaN(length);
    const bytes = isPlain ? length : maxBodyBytes;
    const client = networkOf(request.ip ?? 'unknown');
    budget.reserve(bytes, client);
    response.once('close', () => budget.release(bytes, client));
    next();
  };

  const orEmpty: RequestHandler = (request, _response, next) => {
    request.body ??= Buffer.alloc(0);
    next();
  };

  return [admit, express.raw({ type: () => true, limit: maxBodyBytes, inflate: true }), orEmpty];
}
