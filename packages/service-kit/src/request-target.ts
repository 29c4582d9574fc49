/** What Express answers with 404: the target of a request that asks for nothing in particular. */
const NOWHERE = '*';

/**
 * The target of a request as a path and a query. A client may send a whole URL (RFC 9112, 3.2.2); Express answers one that is
 * none by itself, in HTML, before anything that could measure or limit it.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const url = URL.parse(target);
  return url?.pathname.startsWith('/') === true ? `${url.pathname}${url.search}` : NOWHERE;
}
