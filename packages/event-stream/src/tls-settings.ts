import { readFileSync } from 'node:fs';

/** The part of Node's TLS options that a URL can say. */
interface TlsSettings {
  readonly tls: true;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const PARAMETERS = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * What the URL of a server with TLS says of certificates, in the words that Postgres has for it:
 * `rediss://user@host:6380?sslrootcert=ca.pem&sslcert=client.pem&sslkey=client.key`. The server's certificate is always
 * verified, and has to name the host; without `sslrootcert` by the roots that Node.js knows.
 *
 * @returns nothing for a server without TLS
 * @throws {Error} a file cannot be read, or the URL has certificates and no TLS
 */
export function tlsSettings(url: string): TlsSettings | undefined {
  const { protocol, searchParams } = new URL(url);
  if (protocol !== 'rediss:') {
    const [meant] = PARAMETERS.filter((name) => searchParams.has(name));
    if (meant === undefined) return undefined;
    throw new Error(`${meant} is for rediss: URLs, and ${protocol} does not encrypt`);
  }
  const file = (name: 'ca' | 'cert' | 'key', parameter: string): Partial<TlsSettings> => {
    const path = searchParams.get(parameter);
    return path === null ? {} : { [name]: readFileSync(path) };
  };
  return { tls: true, ...file('ca', 'sslrootcert'), ...file('cert', 'sslcert'), ...file('key', 'sslkey') };
}
