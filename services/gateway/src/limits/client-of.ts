import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** The ID of the valid API key that a request brings; undefined where it brings none. Says nothing of it in the log. */
export type KeyIdOf = (request: Request) => string | undefined;

/** Which addresses are one client: of IPv6 the first 56 bits, for whoever has one address has as many as he likes. */
export const networkOf = (address: string): string => ipKeyGenerator(address);

/** Whom a request counts for: its API key, or else its address. A key that is not valid is worth no count of its own. */
export function clientOf(request: Request, keyIdOf?: KeyIdOf): string {
  const keyId = keyIdOf?.(request);
  return keyId === undefined ? `address:${networkOf(request.ip ?? 'unknown')}` : `key:${keyId}`;
}
