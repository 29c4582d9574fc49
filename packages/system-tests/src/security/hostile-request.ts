import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';

/** A text, or one that is there many times. */
export type Part = string | { readonly text: string; readonly times: number };

/** A request as an attacker would send it. JSON can hold it. */
export interface HostileRequest {
  /**
   * Request line and headers, a line each, each character a byte. `Connection: close` and what frames the body are added.
   */
  readonly head: readonly (string | readonly Part[])[];
  /** In UTF-8. */
  readonly body?: readonly Part[];
  readonly encoding?: 'gzip' | 'deflate' | 'br';
  /** Bytes that are cut from the end of what is sent. */
  readonly cut?: number;
  /** The client ends its side when all is sent. */
  readonly end?: true;
  /** The head frames the body itself. */
  readonly unframed?: true;
}

/** What goes over the connection. */
export function bytesOf({ head, body, encoding, cut = 0, unframed }: HostileRequest): Buffer {
  const plain = Buffer.from(textOf(body ?? []));
  const sent = encoding === undefined ? plain : COMPRESS[encoding](plain);
  const lines = [...head.map(textOf), 'Connection: close'];
  if (encoding !== undefined) lines.push(`Content-Encoding: ${encoding}`);
  if (body !== undefined && unframed === undefined) lines.push(`Content-Length: ${sent.length}`);
  const whole = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), sent]);
  return whole.subarray(0, whole.length - cut);
}

function textOf(parts: string | readonly Part[]): string {
  if (typeof parts === 'string') return parts;
  return parts.map((part) => (typeof part === 'string' ? part : part.text.repeat(part.times))).join('');
}

const COMPRESS = {
  gzip: (plain: Buffer) => gzipSync(plain),
  deflate: (plain: Buffer) => deflateSync(plain),
  // its best would take seconds for a bomb
  br: (plain: Buffer) => brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};
