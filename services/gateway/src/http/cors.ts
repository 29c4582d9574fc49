import cors from 'cors';
import type { RequestHandler } from 'express';

/** Lets pages of these origins use the API. Never with cookies: they bring an API key. */
export function allowOrigins(origins: string[]): RequestHandler {
  return cors({
    origin: origins,
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposedHeaders: [
      'Link',
      'Location',
      'Retry-After',
      'X-Request-Id',
      'RateLimit-Policy',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
    ],
    maxAge: 600,
    preflightContinue: true, // OPTIONS is answered as it is without an origin
  });
}
