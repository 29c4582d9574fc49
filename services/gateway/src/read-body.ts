import express, { type RequestHandler } from 'express';
import type { GatewayMetrics } from './metrics.ts';
import { Problem } from './problem.ts';

export interface ReadBodyDeps {
  readonly metrics: Pick<GatewayMetrics, 'inFlightBodies'>;
}

export interface ReadBodyConfig {
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
}

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/**
 * Reads a body as bytes: `request.body` is a Buffer. What the headers rule out is refused before a byte is read.
 *
 * The bodies in memory are bounded: each request reserves its Content-Length, or the most that a body may have where
 * that says nothing, until it is answered or gone.
 */
export function readBody(
  { metrics: { inFlightBodies } }: ReadBodyDeps,
  { maxBodyBytes, maxInFlightBytes }: ReadBodyConfig,
): RequestHandler[] {
  let reservedBytes = 0;

  const admit: RequestHandler = (request, response, next) => {
    const type = request.get('Content-Type');
    if (type === undefined || !JSON_TYPE.test(type)) {
      const detail = 'Content-Type must be application/json, in UTF-8.';
      throw new Problem('unsupported-media-type', { detail });
    }
    const length = Number(request.get('Content-Length') ?? Number.NaN);
    // body-parser would read the body first, and answer seconds later
    if (length > maxBodyBytes) {
      throw new Problem('body-too-large', { detail: `The body may have at most ${maxBodyBytes} bytes.` });
    }
    const isPlain = request.get('Content-Encoding') === undefined && !Number.isNaN(length);
    const bytes = isPlain ? length : maxBodyBytes;
    if (reservedBytes + bytes > maxInFlightBytes) {
      const detail =
        'The gateway has too many bodies in memory. Nothing was read: send the request again later.';
      throw new Problem('overloaded', { detail, retryAfterSeconds: 1 });
    }
    reservedBytes += bytes;
    inFlightBodies.bytes += bytes;
    response.once('close', () => {
      reservedBytes -= bytes;
      inFlightBodies.bytes -= bytes;
    });
    next();
  };

  const orEmpty: RequestHandler = (request, _response, next) => {
    request.body ??= Buffer.alloc(0);
    next();
  };

  return [admit, express.raw({ type: () => true, limit: maxBodyBytes, inflate: true }), orEmpty];
}
