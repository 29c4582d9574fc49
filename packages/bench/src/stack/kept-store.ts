import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchStack, type BenchStackOptions, openBenchStack } from './bench-stack.ts';
import { readCounts } from './counts.ts';
import { type FillOptions, fill } from './fill.ts';

const KEPT = fileURLToPath(new URL('../../../../.cache/bench/', import.meta.url));
const MIGRATIONS = fileURLToPath(new URL('../../../event-store/migrations/', import.meta.url));
/** Every measure adds its own events; a store that has grown by more than this is made anew. */
const MAX_GROWTH = 1.25;

/** A system over so many stored events: filled the first time, then kept in .cache/bench. */
export async function openFilledStack(
  options: Omit<BenchStackOptions, 'dataDir'>,
  wanted: Omit<FillOptions, 'say'>,
): Promise<BenchStack> {
  const { say } = options;
  const name = `${wanted.size}-${wanted.ids}`;
  // filled under the migrations as they were: the tables of other ones are another store
  const dataDir = join(KEPT, `${name}-${migrationsDigest()}`);
  const marker = join(dataDir, 'filled');
  removeOthers(name, dataDir);
  if (existsSync(marker)) {
    const system = await openBenchStack({ ...options, dataDir });
    const { unique } = await readCounts(system.sql);
    say(`${unique.toLocaleString('en-US')} events are stored already`);
    if (unique <= wanted.size * MAX_GROWTH) return system;
    await Promise.all([system.sql.end({ timeout: 1 }), system.stack.stop()]);
  }
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  say(`filling ${dataDir} with ${wanted.size.toLocaleString('en-US')} events …`);
  const system = await openBenchStack({ ...options, dataDir });
  await fill(system.sql, { ...wanted, say });
  writeFileSync(marker, '');
  return system;
}

function migrationsDigest(): string {
  const digest = createHash('sha256');
  for (const file of readdirSync(MIGRATIONS).sort()) digest.update(readFileSync(join(MIGRATIONS, file)));
  return digest.digest('hex').slice(0, 8);
}

/** Stores of the same size that other migrations have made: gigabytes that nothing will use again. */
function removeOthers(name: string, dataDir: string): void {
  if (!existsSync(KEPT)) return;
  for (const other of readdirSync(KEPT)) {
    const path = join(KEPT, other);
    if (other.startsWith(`${name}-`) && path !== dataDir) rmSync(path, { recursive: true, force: true });
  }
}
