import express, { type RequestHandler } from 'express';
import { Problem } from './problem.ts';

export interface ReadBodyConfig {
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
}

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/**
 * Reads a body as bytes: `request.body` is a Buffer. What the headers rule out is refused before a byte is read,
 * and the bodies in memory are bounded, by their decompressed sizes.
 */
export function readBody({ maxBodyBytes, maxInFlightBytes }: ReadBodyConfig): RequestHandler[] {
  let inFlightBytes = 0;

  const admit: RequestHandler = (request, _response, next) => {
    const type = request.get('Content-Type');
    if (type === undefined || !JSON_TYPE.test(type)) {
      throw new Problem('unsupported-media-type', {
        detail: 'Content-Type must be application/json, in UTF-8.',
      });
    }
    // body-parser would read the body first, and answer seconds later
    if (Number(request.get('Content-Length') ?? 0) > maxBodyBytes) {
      throw new Problem('body-too-large', { detail: `The body may have at most ${maxBodyBytes} bytes.` });
    }
    if (inFlightBytes > maxInFlightBytes) {
      const detail =
        'The gateway has too many bodies in memory. Nothing was read: send the request again later.';
      throw new Problem('overloaded', { detail, retryAfterSeconds: 1 });
    }
    next();
  };

  const count: RequestHandler = (request, response, next) => {
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    request.body = body;
    inFlightBytes += body.length;
    response.once('close', () => {
      inFlightBytes -= body.length;
    });
    next();
  };

  return [admit, express.raw({ type: () => true, limit: maxBodyBytes, inflate: true }), count];
}
