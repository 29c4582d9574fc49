import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { recognise } from './keys/new-key.ts';
import { run } from './testing/run-cli.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oncelog-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  file = join(folder, 'keys.json');
});

const entries = () => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('keys create', () => {
  it('prints the key, keeps its hash, and makes a file for its owner alone', async () => {
    const { code, stdout, stderr } = await run(['keys', 'create', '--file', file, '--scope', 'read']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^olk_[a-z0-9]{12}_[A-Za-z0-9_-]{43}\n$/)]);
    const key = stdout.trim();
    const [entry, ...others] = entries();
    expect(entry).toEqual({ ...recognise(key), scopes: ['read'], created_at: expect.any(String) });
    expect(others).toEqual([]);
    expect(readFileSync(file, 'utf8') + stderr).not.toContain(key.slice(17));
    expect([modeOf(file), readdirSync(folder)]).toEqual(['600', ['keys.json']]);
  });

  it('adds to the keys that are there, and leaves mode, and links, as they are', async () => {
    const link = join(folder, 'link.json');
    symlinkSync(file, link);
    await run(['keys', 'create', '--file', file, '--scope', 'admin', '--name', 'me']);
    chmodSync(file, 0o640);
    const options = ['--scope', 'publish', '--scope', 'read', '--topic', 'orders.', '--topic', 'carts.'];
    const { code } = await run(['keys', 'create', ...options, '--expires', '2100-01-31'], {
      env: { API_KEYS_FILE: link },
    });
    expect(code).toBe(0);
    expect(entries()).toMatchObject([
      { name: 'me', scopes: ['admin'] },
      { scopes: ['publish', 'read'], topics: ['orders.', 'carts.'], expires_at: '2100-01-31T00:00:00.000Z' },
    ]);
    expect([modeOf(file), readdirSync(folder)]).toEqual(['640', ['keys.json', 'link.json']]);
  });

  it('keeps the keys of all that are made at the same time', async () => {
    const names = Array.from({ length: 8 }, (_, at) => `key ${at}`);
    const create = (name: string) =>
      run(['keys', 'create', '--file', file, '--scope', 'read', '--name', name]);
    for (const { code } of await Promise.all(names.map(create))) expect(code).toBe(0);
    expect(
      entries()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names);
    expect(readdirSync(folder)).toEqual(['keys.json']);
  });

  it('says so where somebody else has not finished', async () => {
    writeFileSync(join(folder, '.keys.json.new'), '');
    const { code, stderr } = await run(['keys', 'create', '--file', file, '--scope', 'read']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('remove ')]);
  });

  it('without a file says what to put into API_KEYS', async () => {
    const { stdout, stderr } = await run(['keys', 'create', '--scope', 'read']);
    expect(stderr).toContain(JSON.stringify(recognise(stdout.trim())).slice(1, -1));
    const json = await run(['keys', 'create', '--scope', 'read', '--json']);
    const { key, entry } = JSON.parse(json.stdout) as { key: string; entry: object };
    expect(entry).toMatchObject({ ...recognise(key) });
  });

  it.each([
    [[], /--scope/],
    [['--scope', 'write'], /publish, read, admin/],
    [['--scope', 'admin', '--topic', 'a'], /cannot be limited/],
    [['--scope', 'read', '--topic', ''], /1 to 255/],
    [['--scope', 'read', '--expires', '2020-01-01'], /to come/],
    [['--scope', 'read', '--expires', 'soon'], /to come/],
  ])('%j is wrong', async (args, message) => {
    const { code, stdout, stderr } = await run(['keys', 'create', ...args]);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
  });

  it('leaves a file alone that holds something else, and does not repeat it', async () => {
    writeFileSync(file, '{"secret": "olk_1"}');
    const { code, stderr } = await run(['keys', 'create', '--file', file, '--scope', 'read']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is no file of keys/)]);
    expect(readFileSync(file, 'utf8')).toBe('{"secret": "olk_1"}');
    expect(stderr).not.toContain('olk_1');
  });
});

describe('keys list, remove and hash', () => {
  it('lists what the file says, without hashes', async () => {
    await run([
      'keys',
      'create',
      '--file',
      file,
      '--scope',
      'read',
      '--name',
      'shop\u001b[31m',
      '--expires',
      '90d',
    ]);
    const { stdout } = await run(['keys', 'list', '--file', file]);
    expect(stdout).toMatch(/id .*name .*scopes .*topics .*created .*expires/);
    expect(stdout).toContain('shop\\u001b[31m');
    const json = await run(['keys', 'list', '--file', file, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject([{ scopes: ['read'] }]);
    expect(stdout + json.stdout).not.toContain('sha256');
  });

  it('removes keys by their ID', async () => {
    for (const name of ['a', 'b', 'c']) {
      await run(['keys', 'create', '--file', file, '--scope', 'read', '--name', name]);
    }
    const [a, b] = entries().map(({ id }) => String(id));
    expect((await run(['keys', 'remove', '--file', file, a ?? '', b ?? ''])).code).toBe(0);
    expect(entries()).toMatchObject([{ name: 'c' }]);
    const { code, stderr } = await run(['keys', 'remove', '--file', file, a ?? '']);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`no key ${a}`)]);
    expect((await run(['keys', 'remove', '--file', `${file}.none`, 'x'])).stderr).toContain(
      'there is no file',
    );
    expect((await run(['keys', 'list'])).code).toBe(2);
  });

  it('changes no file that the gateway does not take: it would keep the keys from before', async () => {
    await run(['keys', 'create', '--file', file, '--scope', 'read']);
    const [key] = entries();
    const text = JSON.stringify([key, { ...key, id: 'abcdefghijkl', scope: 'read' }]);
    writeFileSync(file, text);
    const { code, stderr } = await run(['keys', 'remove', '--file', file, String(key?.['id'])]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('/1/scope')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('hashes a key from standard input, and tells nothing of what is none', async () => {
    const { stdout: key } = await run(['keys', 'create', '--scope', 'read']);
    const hashed = await run(['keys', 'hash'], { stdin: key });
    expect(JSON.parse(hashed.stdout)).toEqual(recognise(key.trim()));
    const cut = await run(['keys', 'hash'], { stdin: key.slice(0, 40) });
    expect(cut.code).toBe(1);
    expect(cut.stdout + cut.stderr).not.toContain(key.slice(17, 40));
  });
});
