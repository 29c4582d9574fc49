import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** What PostgreSQL takes by default. */
const ITERATIONS = 4_096;
const KEY_BYTES = 32;

/**
 * What Postgres keeps of a password (RFC 5803): enough to check it, not to log in with. Made here, as psql's `\password`
 * does, so that the password itself is in no statement, and so in no log of statements.
 *
 * @param password ASCII, so that it needs no preparation (RFC 4013)
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
