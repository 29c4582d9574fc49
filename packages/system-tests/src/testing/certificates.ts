import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate authority of a test's own. */
export interface Authority {
  /** The file with its certificate. */
  readonly caFile: string;
  /** A certificate that it has signed, for a server of these names. */
  certify(names: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>;
}

const DAY_MS = 86_400_000;

/** Makes one, its certificate in `<dir>/<name>.pem`. */
export async function createAuthority(dir: string, name: string): Promise<Authority> {
  const validity = {
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + DAY_MS),
  };
  const shared = { ...validity, keyType: 'ec', algorithm: 'sha256' } as const;
  const ca = await generate([{ name: 'commonName', value: name }], {
    ...shared,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const caFile = join(dir, `${name}.pem`);
  writeFileSync(caFile, ca.cert);
  return {
    caFile,
    async certify(names) {
      const altNames = names.map((value) => ({ type: 2, value }) as const);
      const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
        ...shared,
        ca: { key: ca.private, cert: ca.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames },
        ],
      });
      return { cert, key };
    },
  };
}
