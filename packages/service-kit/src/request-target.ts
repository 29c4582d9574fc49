/** A target that asks for nothing in particular: of `OPTIONS` for the server itself, of others for nothing. */
const NOWHERE = '*';

/**
 * The target of a request as a path and a query. A client may send a whole URL (RFC 9112, 3.2.2); Express answers one that is
 * none by itself, in HTML, before anything that could measure or limit it.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target.includes('#') ? NOWHERE : target; // a fragment makes a parser try hosts
  const url = /^https?:\/\/[^#]*$/i.test(target) ? URL.parse(target) : null;
  return url === null ? NOWHERE : `${url.pathname}${url.search}`;
}
