import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** Those that encrypt. */
const MODES = new Set(['require', 'verify-ca', 'verify-full']);

export interface ConnectionSettings {
  /** Without what is said in `ssl`. */
  readonly url: string;
  /** False for none; else TLS is demanded. */
  readonly ssl: false | ConnectionOptions;
}

/**
 * What a URL says of TLS, as libpq has it: `sslmode` (disable, require, verify-ca, verify-full),
 * `sslrootcert` (a file, or `system`), `sslcert` and `sslkey` (files). Neither postgres.js nor pg does so: the one sends
 * what it does not know to the server, the other takes `require` for `verify-full`. `allow` and `prefer`, which may or may not
 * encrypt, are refused.
 *
 * With `verify-full` the certificate must be from that root (by default one that Node.js knows), and name the host.
 * `require` with a root verifies the certificate, but not the name, as `verify-ca` does.
 *
 * @throws {Error} a file that cannot be read, or a mode that is none; the message has no password
 */
export function connectionSettings(databaseUrl: string): ConnectionSettings {
  const url = new URL(databaseUrl);
  const take = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  };
  const [root, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map(take);
  const given = take('sslmode') ?? take('ssl');
  const mode = given ?? ([root, cert, key].every((file) => file === undefined) ? 'disable' : 'verify-full');
  if (mode === 'disable' || mode === 'false') return { url: url.href, ssl: false };
  if (!MODES.has(mode))
    throw new Error(`sslmode ${mode} is none that is known: use verify-full, verify-ca, require or disable`);
  const file = (name: string, path: string | undefined) =>
    path === undefined || path === 'system' ? {} : { [name]: readFileSync(path) };
  const files = { ...file('ca', root), ...file('cert', cert), ...file('key', key) };
  if (mode === 'require' && root === undefined)
    return { url: url.href, ssl: { ...files, rejectUnauthorized: false } };
  return {
    url: url.href,
    ssl: {
      // said here, because the drivers leave it out for an address, and then 'localhost' would do
      host: url.hostname.replace(/^\[|\]$/g, ''),
      rejectUnauthorized: true,
      ...files,
      ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    },
  };
}
