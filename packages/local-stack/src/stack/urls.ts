import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * For people and their tools, where docs/operations.md looks: the owner's URL of Postgres, the operator's of Redis, each in
 * a file that only we can read, while the stack runs.
 */
const FILES = { database: 'run/postgres.url', redis: 'run/redis.url' } as const;

export function writeUrls(dataDir: string, urls: Readonly<Record<keyof typeof FILES, string>>): void {
  for (const [name, file] of Object.entries(FILES))
    writeFileSync(join(dataDir, file), `${urls[name as keyof typeof FILES]}\n`, { mode: 0o600 });
}

export function forgetUrls(dataDir: string): void {
  for (const file of Object.values(FILES)) rmSync(join(dataDir, file), { force: true });
}
