import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** Modes of libpq that say whether to encrypt, and not by whom one wants to be answered; postgres.js knows them by name. */
const UNVERIFIED = new Set(['allow', 'prefer', 'require']);

export interface ConnectionSettings {
  /** Without what is said in `ssl`. */
  readonly url: string;
  /** False for none. An object demands TLS, a word is libpq's `sslmode`. */
  readonly ssl: false | 'allow' | 'prefer' | 'require' | ConnectionOptions;
}

/**
 * What a URL says of TLS, as libpq has it: `sslmode` (disable, allow, prefer, require, verify-ca, verify-full),
 * `sslrootcert` (a file, or `system`), `sslcert` and `sslkey` (files). Neither postgres.js nor pg does so: the one sends
 * what it does not know to the server, the other takes `require` for `verify-full`.
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
  const mode = take('sslmode') ?? take('ssl') ?? (root === undefined ? undefined : 'verify-full');
  if (mode === undefined || mode === 'disable' || mode === 'false') return { url: url.href, ssl: false };
  if (UNVERIFIED.has(mode) && root === undefined) return { url: url.href, ssl: mode as 'require' };
  if (!UNVERIFIED.has(mode) && mode !== 'verify-ca' && mode !== 'verify-full')
    throw new Error(`sslmode ${mode} is none that is known: use verify-full, verify-ca, require or disable`);
  const file = (name: string, path: string | undefined) =>
    path === undefined || path === 'system' ? {} : { [name]: readFileSync(path) };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    url: url.href,
    ssl: {
      // said here, because the drivers leave it out for an address, and then 'localhost' would do
      host,
      rejectUnauthorized: true,
      ...file('ca', root),
      ...file('cert', cert),
      ...file('key', key),
      ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    },
  };
}
