import type { Scope, StoredKey } from '@oncelog/event-schema';
import { type Command, InvalidArgumentError } from 'commander';
import { futureTime, several } from '../arguments.ts';
import { EXIT, OperationalError, UsageError } from '../failure.ts';
import { changeKeyFile, readKeyFile } from '../keys/key-file.ts';
import { newKey, recognise, SCOPES } from '../keys/new-key.ts';
import type { Runner } from '../program.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { clean } from '../text.ts';

interface FileOptions {
  readonly file?: string;
}

interface CreateOptions extends FileOptions {
  readonly scope: readonly Scope[];
  readonly topic?: readonly string[];
  readonly name?: string;
  readonly expires?: string;
}

/** All of it happens on this machine: no gateway is asked. */
export function keysCommand(parent: Command, run: Runner): Command {
  const keys = parent
    .command('keys')
    .description("Make and remove API keys, in the gateway's API_KEYS_FILE.")
    .addHelpText(
      'after',
      `
The file holds hashes. A key itself is printed once, when it is made, and kept nowhere. A gateway that runs
takes a change within two seconds.

Examples:
  oncelog keys create --file keys.json --scope publish --topic orders. --name shop > shop.key
  oncelog keys create --file keys.json --scope read --expires 90d --name prometheus
  oncelog keys list --file keys.json
  oncelog keys remove --file keys.json k3v9x0q2m7ab
  oncelog keys hash < shop.key`,
    );
  createCommand(keys, run);
  withFile(keys.command('list')).description('List the keys of a file.').action(run(list));
  withFile(keys.command('remove'))
    .description(
      'Remove keys: from then on they are refused, and the sessions that were begun with them end.',
    )
    .argument('<id...>', 'what comes after olk_')
    .action(run(remove));
  keys
    .command('hash')
    .description('Read a key from standard input, and print what the file holds of it.')
    .action(run(hash));
  return keys;
}

function withFile(command: Command): Command {
  return command.option('--file <file>', 'The file of keys (API_KEYS_FILE).');
}

function createCommand(keys: Command, run: Runner): void {
  withFile(keys.command('create'))
    .description('Make a key, add it to the file, and print it, once.')
    .requiredOption('--scope <scope>', 'What it may do: publish, read or admin. May be repeated.', scope)
    .option(
      '--topic <prefix>',
      'Only topics that begin with this, such as "orders.". May be repeated.',
      prefix,
    )
    .option('--name <name>', 'What it is for.', keyName)
    .option(
      '--expires <time>',
      'When it ends: a time, a day, or from now on (12h, 90d).',
      futureTime(run.nowMs),
    )
    .action(run(create));
}

async function create({ env, out, now, warn }: Session, options: CreateOptions & { json?: boolean }) {
  const { scope: scopes, topic: topics, name, expires } = options;
  if (topics !== undefined && scopes.includes('admin')) {
    throw new UsageError('--topic: a key with the scope admin cannot be limited to topics');
  }
  const key = newKey();
  const recognised = recognise(key);
  if (recognised === undefined) throw new Error('a new key is none');
  const entry: StoredKey = {
    ...recognised,
    ...(name === undefined ? {} : { name }),
    scopes: [...scopes],
    ...(topics === undefined ? {} : { topics: [...topics] }),
    created_at: new Date(now()).toISOString(),
    ...(expires === undefined ? {} : { expires_at: expires }),
  };
  const file = options.file ?? (env['API_KEYS_FILE'] || undefined);
  if (file !== undefined) await changeKeyFile(file, (entries = []) => [...entries, entry]);
  if (options.json) await out.json({ key, entry });
  else await out.write(`${key}\n`);
  if (file !== undefined) warn(`${file} has the hash of this key, ${entry.id}. It is not shown again.`);
  else if (!options.json) warn(`put this into the array of API_KEYS: ${JSON.stringify(entry)}`);
  return undefined;
}

async function list(
  { env, out, style }: Session,
  options: FileOptions & { json?: boolean },
): Promise<undefined> {
  const file = fileOf(env, options);
  const entries = existing(file, await readKeyFile(file));
  if (options.json) {
    await out.json(entries.map(({ hash: _, ...entry }) => entry));
    return;
  }
  const columns = ['id', 'name', 'scopes', 'topics', 'created', 'expires'].map((title) => ({ title }));
  const rows = entries.map(({ id, name = '', scopes, topics, created_at = '', expires_at = 'never' }) =>
    [id, name, scopes.join(' '), topics?.join(' ') ?? 'all', created_at, expires_at].map((cell) =>
      clean(String(cell)),
    ),
  );
  await out.write(table(columns, rows, style));
}

async function remove({ env, warn }: Session, options: FileOptions, ids: readonly string[]): Promise<number> {
  const file = fileOf(env, options);
  let missing: readonly string[] = [];
  await changeKeyFile(file, (found) => {
    const entries = existing(file, found);
    missing = ids.filter((id) => !entries.some((entry) => entry.id === id));
    return missing.length === ids.length ? undefined : entries.filter(({ id }) => !ids.includes(id));
  });
  for (const id of missing) warn(`${file} has no key ${id}`);
  return missing.length === 0 ? EXIT.ok : EXIT.failed;
}

async function hash({ stdin, out }: Session): Promise<undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  const recognised = recognise(Buffer.concat(chunks).toString('utf8').trim());
  // without a word of what it was: it may be a key that was cut off
  if (recognised === undefined) throw new OperationalError('standard input is no key: olk_<id>_<secret>');
  await out.json(recognised);
}

function existing(file: string, found: readonly StoredKey[] | undefined): readonly StoredKey[] {
  if (found === undefined) throw new OperationalError(`there is no file ${file}`);
  return found;
}

function fileOf(env: Session['env'], { file = env['API_KEYS_FILE'] || undefined }: FileOptions): string {
  if (file !== undefined) return file;
  throw new UsageError('--file or API_KEYS_FILE must say which file');
}

function scope(text: string, before: readonly string[] = []): string[] {
  if (!(SCOPES as readonly string[]).includes(text)) {
    throw new InvalidArgumentError(`It must be ${SCOPES.join(', ')}.`);
  }
  return before.includes(text) ? [...before] : several(text, before);
}

const MAX_CHARACTERS = { prefix: 255, name: 200 };

function prefix(text: string, before: readonly string[] = []): string[] {
  if (text.length > 0 && text.length <= MAX_CHARACTERS.prefix) return several(text, before);
  throw new InvalidArgumentError(`It must have 1 to ${MAX_CHARACTERS.prefix} characters.`);
}

function keyName(text: string): string {
  if (text.length <= MAX_CHARACTERS.name) return text;
  throw new InvalidArgumentError(`It may have at most ${MAX_CHARACTERS.name} characters.`);
}
