import { migrate } from './migrate.ts';

/** Where a database cannot be reached yet, it is tried again for this long. */
const CONNECT_DEADLINE_MS = 30_000;
const NOT_YET = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03']);

async function main(databaseUrl: string | undefined): Promise<void> {
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set');
  const deadline = Date.now() + CONNECT_DEADLINE_MS;
  for (;;) {
    try {
      const applied = await migrate(databaseUrl, () => {});
      process.stdout.write(
        applied.length === 0 ? 'schema is up to date\n' : `applied ${applied.join(', ')}\n`,
      );
      return;
    } catch (error) {
      if (!NOT_YET.has((error as { code?: string }).code ?? '') || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

try {
  await main(process.env['DATABASE_URL']);
} catch (error) {
  process.stderr.write(`migration failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
