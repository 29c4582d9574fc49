import { readFileSync } from 'node:fs';
import { ensureLoginUser, type ServiceRole } from './login-user.ts';
import { migrate } from './migrate.ts';

/** Where a database cannot be reached yet, it is tried again for this long. */
const CONNECT_DEADLINE_MS = 30_000;
const NOT_YET = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', '57P03']);

/** The services whose users are made where there is a password for them. */
const SERVICES: readonly { readonly role: ServiceRole; readonly setting: string }[] = [
  { role: 'oncelog_consumer', setting: 'CONSUMER_DATABASE' },
  { role: 'oncelog_gateway', setting: 'GATEWAY_DATABASE' },
];

/** The value of a setting, or of the file that `<setting>_FILE` names. */
function secret(name: string): string | undefined {
  const [value, file] = [process.env[name], process.env[`${name}_FILE`]];
  if (value !== undefined && file !== undefined) throw new Error(`${name} and ${name}_FILE are both set`);
  return file === undefined ? value : readFileSync(file, 'utf8').trim();
}

function ownerUrl(): string {
  const databaseUrl = secret('DATABASE_URL');
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set');
  const password = secret('DATABASE_PASSWORD');
  return password === undefined
    ? databaseUrl
    : Object.assign(new URL(databaseUrl), { password: encodeURIComponent(password) }).href;
}

async function migrateWhenReady(databaseUrl: string): Promise<string[]> {
  const deadline = Date.now() + CONNECT_DEADLINE_MS;
  for (;;) {
    try {
      return await migrate(databaseUrl, () => {});
    } catch (error) {
      if (!NOT_YET.has((error as { code?: string }).code ?? '') || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function main(): Promise<void> {
  const databaseUrl = ownerUrl();
  const users = SERVICES.flatMap(({ role, setting }) => {
    const password = secret(`${setting}_PASSWORD`);
    return password === undefined ? [] : [{ role, password, name: process.env[`${setting}_USER`] }];
  });
  const applied = await migrateWhenReady(databaseUrl);
  for (const user of users) await ensureLoginUser(databaseUrl, user);
  process.stdout.write(applied.length === 0 ? 'schema is up to date\n' : `applied ${applied.join(', ')}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`migration failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
