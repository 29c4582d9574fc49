/** A place in the order of arrival as clients see it: opaque, so that it may change. */
export function encodeCursor(seq: string): string {
  return Buffer.from(`s${seq}`).toString('base64url');
}

/** The `seq` of a cursor, or undefined where {@link encodeCursor} did not make it. */
export function decodeCursor(cursor: string): string | undefined {
  const seq = /^s(\d{1,19})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
  if (seq === undefined || BigInt(seq) > 9_223_372_036_854_775_807n) return undefined;
  return encodeCursor(seq) === cursor ? seq : undefined;
}
