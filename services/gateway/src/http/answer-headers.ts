import type { ServerResponse } from 'node:http';

/**
 * What every answer says to browsers, whatever comes of it: take it for nothing but its type, run nothing, show it in no
 * frame, let no other site have it, keep no copy. Pages replace some of it (page-headers.ts). Few, for each costs every
 * publisher.
 */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

const ENTRIES = Object.entries(SAFE_HEADERS);

export function setSafeHeaders(response: ServerResponse): void {
  for (const [name, value] of ENTRIES) response.setHeader(name, value);
}
