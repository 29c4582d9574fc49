import type { Request, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** Which addresses are one client: of IPv6 the first 56 bits, for whoever has one address has as many as he likes. */
export const networkOf = (address: string): string => ipKeyGenerator(address);

/**
 * Whom a request counts for: the API key that it was authenticated by, else its address.
 */
export function clientOf(request: Request, response: Response): string {
  const keyId = response.locals['keyId'] as string | undefined;
  return keyId === undefined ? `address:${networkOf(request.ip ?? 'unknown')}` : `key:${keyId}`;
}
