import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type Container, docker } from './docker.ts';
import { openProject, type Result } from './project.ts';
import { checkPrometheusFiles, startPrometheus } from './prometheus.ts';

const LONG_RUNNING = { storage: 1, broker: 1, gateway: 1, consumer: 4 };
const OURS = ['gateway', 'consumer', 'publisher', 'migrate'];
/** Those that end by themselves as well. */
const ALL = [...Object.keys(LONG_RUNNING), 'secrets', 'migrate', 'publisher'];
/** What storage, broker and Docker's own files have to be written to. */
const DATA = ['/var/lib/postgresql', '/data'];
const BUILD_DEADLINE_MS = 600_000;

const project = openProject();

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  process.stderr.write(`\n${await project.diagnosis().catch(String)}\n`);
});
afterAll(() => project.remove());

/** A run of `total` events of which 30 % are duplicates. */
const exact = (total: number) => ({
  exitCode: 0,
  result: expect.objectContaining({
    published: total,
    received: total,
    unique_processed: total * 0.7,
    duplicate_dropped: total * 0.3,
    dead_lettered: 0,
    exact: true,
  }) as Result,
});

/** The figures, which add up (I4), and agree with the table. */
async function figures() {
  const { accepted, received, unique_processed, duplicate_dropped, dead_lettered, in_flight, by_topic } =
    await project.stats();
  expect(in_flight).toBe(0);
  expect(accepted).toBe(received + dead_lettered);
  expect(received).toBe(unique_processed + duplicate_dropped);
  expect(Number(await project.psql('-At', '-c', 'SELECT count(*) FROM processed_events'))).toBe(
    unique_processed,
  );
  return { accepted, received, unique_processed, duplicate_dropped, dead_lettered, by_topic };
}

const allHealthy = () =>
  Promise.all(Object.entries(LONG_RUNNING).map(([service, replicas]) => project.healthy(service, replicas)));

async function only(service: string): Promise<Container> {
  const [container] = await project.containers(service);
  if (container === undefined) throw new Error(`there is no container of ${service}`);
  return container;
}

// One stack, one story: each test goes on where the one before it ended.
describe('docker compose', () => {
  it('builds and starts everything in order, and publishes exactly', {
    timeout: BUILD_DEADLINE_MS,
  }, async () => {
    await project.compose('up', '--detach', '--build');
    expect(await project.ended((await only('publisher')).Id)).toEqual(exact(20_000));
    await allHealthy();

    const [storage, migrate, gateway, publisher] = await Promise.all(
      ['storage', 'migrate', 'gateway', 'publisher'].map(only),
    );
    expect(migrate?.State).toMatchObject({ Status: 'exited', ExitCode: 0 });
    const inOrder = [storage?.State.StartedAt, migrate?.State.StartedAt, migrate?.State.FinishedAt];
    inOrder.push(gateway?.State.StartedAt, publisher?.State.StartedAt);
    expect(inOrder).toEqual(inOrder.toSorted());
  });

  it('counts what the publisher counted', async () => {
    expect(await figures()).toMatchObject({
      accepted: 20_000,
      received: 20_000,
      unique_processed: 14_000,
      duplicate_dropped: 6_000,
      dead_lettered: 0,
    });
  });

  it('has rules that Prometheus takes, each of which fires in its case and is silent in the other', async () => {
    const said = await checkPrometheusFiles(project);
    expect(said).toMatch(/SUCCESS: .*prometheus\.yml is valid/);
    expect(said).not.toMatch(/FAILED/);
  });

  it('shows Prometheus every consumer and the same figures, and alerts while the consumers are away', async () => {
    const prometheus = await startPrometheus(project);
    const soon = { timeout: 30_000, interval: 250 };
    try {
      await vi.waitFor(
        async () => expect(await prometheus.targetsUp()).toEqual({ gateway: 1, consumer: 4, prometheus: 1 }),
        soon,
      );
      const rules = await prometheus.rules();
      expect(rules.length).toBeGreaterThan(30);
      await vi.waitFor(
        async () => expect((await prometheus.rules()).filter(({ health }) => health !== 'ok')).toEqual([]),
        soon,
      );

      const { accepted, unique_processed, duplicate_dropped } = await figures();
      const applied = await prometheus.values('sum by (outcome) (oncelog_consumer_events_total)', 'outcome');
      expect(Object.fromEntries(applied)).toEqual({
        unique: unique_processed,
        duplicate: duplicate_dropped,
        dead_letter: 0,
      });
      const gateways = await prometheus.values('sum(oncelog_gateway_accepted_events_total)');
      expect(gateways.get('')).toBe(accepted);
      const backlog = await prometheus.values('sum(oncelog_stream_backlog_events)');
      expect(backlog.get('')).toBe(0);
      const critical = async () =>
        (await prometheus.firing()).filter(({ labels }) => labels['severity'] === 'critical');
      expect(await critical()).toEqual([]);

      await project.compose('stop', 'consumer');
      await vi.waitFor(async () => {
        const alert = (await critical()).find(({ labels }) => labels['alertname'] === 'OncelogNoConsumer');
        expect(alert?.annotations).toMatchObject({ summary: 'No consumer answers' });
      }, soon);
      await project.compose('start', 'consumer');
      await project.healthy('consumer', 4);
      await vi.waitFor(async () => expect(await critical()).toEqual([]), soon);

      const [container] = await project.containers('prometheus');
      const bound = Object.values(container?.HostConfig.PortBindings ?? {}).flat();
      expect(bound.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1']);
    } finally {
      await prometheus.remove();
    }
  });

  it('has the unique constraint that deduplication rests on', async () => {
    expect(await project.psql('-c', '\\d processed_events')).toMatch(
      /"uq_topic_event_id" UNIQUE CONSTRAINT, btree \(topic, event_id\)/,
    );
  });

  it.each(OURS)('runs %s without root, with init, a health check and SIGTERM', async (service) => {
    const { Config, HostConfig } = await only(service);
    expect(Config).toMatchObject({ User: '1000:1000', StopSignal: 'SIGTERM' });
    expect(Config.Healthcheck?.Test[0]).toBe('CMD');
    expect(HostConfig.Init).toBe(true);
  });

  it('has neither tools nor tests of ours in the images, and nothing that its user could change', async () => {
    const run = (script: string) =>
      project.compose('exec', '-T', 'gateway', 'sh', '-c', `${script} 2>&1 || true`);
    expect((await run('id -u')).trim()).toBe('1000');
    expect(await run('ls /usr/local/bin')).not.toMatch(/^(npm|npx|yarn|corepack|pnpm)$/m);
    expect(await run('ls node_modules/.pnpm')).not.toMatch(/^(typescript|vitest|tsx|turbo|node|pnpm)@/m);
    expect(
      await run(
        'find packages services -path "*/dist/*" ! -path "packages/dashboard/dist/app/*" ! -name "*.js" ! -type d',
      ),
    ).toBe('');
    expect(await run('find packages services -name "*.test.*" -o -name testing')).toBe('');
    // also where the file system is not read-only
    const touch = 'touch new services/gateway/dist/main.js 2>&1 || true';
    expect(await inImage((await only('gateway')).Image, touch)).toMatch(/new.*denied\n.*main[.]js.*denied/);
  });

  it('publishes no port but the gateway’s, to this machine only', async () => {
    for (const service of ALL) {
      const { PortBindings } = (await only(service)).HostConfig;
      const hosts = Object.values(PortBindings ?? {}).flatMap((bound) => bound.map(({ HostIp }) => HostIp));
      expect(hosts).toEqual(service === 'gateway' ? ['127.0.0.1'] : []);
    }
  });

  it.each(ALL)('gives %s no rights, no files to change, and no more than its share', async (service) => {
    const { HostConfig, Mounts, Config } = await only(service);
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], CapAdd: null });
    expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true');
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    // the stores take what there is, unless STORAGE_CPUS and BROKER_CPUS say otherwise
    if (!['storage', 'broker'].includes(service)) expect(HostConfig.NanoCpus).toBeGreaterThan(0);
    expect(Config.User).not.toMatch(/^(0|root|)(:|$)/);
    const writable = Mounts.filter(({ RW }) => RW).map(({ Destination }) => Destination);
    expect(writable.filter((path) => service !== 'secrets' && !DATA.includes(path))).toEqual([]);
  });

  it.each(Object.keys(LONG_RUNNING))('runs %s without root and capabilities', async (service) => {
    const status = await project.compose('exec', '-T', service, 'cat', '/proc/1/status');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).not.toMatch(/^Uid:\t0/m);
    const write = 'touch /x 2>&1 || true';
    expect(await project.compose('exec', '-T', service, 'sh', '-c', write)).toMatch(/Read-only/);
  });

  it('keeps the stores on a network of their own, without a way out', async () => {
    const networks = async (service: string): Promise<string[]> =>
      Object.keys((await only(service)).NetworkSettings.Networks)
        .map((name) => name.replace(`${project.name}_`, ''))
        .sort();
    expect(await networks('storage')).toEqual(['stores']);
    expect(await networks('broker')).toEqual(['stores']);
    expect(await networks('publisher')).toEqual(['default']);
    expect(await networks('gateway')).toEqual(['default', 'stores']);
    const stores = await docker(['network', 'inspect', `${project.name}_stores`]);
    expect(JSON.parse(stores)).toMatchObject([{ Internal: true }]);
  });

  it('has each service log in to Postgres and Redis as itself', async () => {
    const users = await project.psql(
      '-Atc',
      `SELECT DISTINCT usename || ' ' || left(application_name, 15) FROM pg_stat_activity WHERE application_name LIKE 'oncelog-%' ORDER BY 1`,
    );
    expect(
      users
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(expect.arrayContaining(['oncelog_consumer_login', 'oncelog_gateway_login']));
    expect(users).not.toMatch(/^oncelog /m);
    const clients = await project.compose('exec', '-T', 'broker', 'operator', 'CLIENT', 'LIST');
    expect(new Set(clients.match(/(?<=user=)\w+/g))).toEqual(new Set(['gateway', 'consumer', 'operator']));
    expect((await project.compose('exec', '-T', 'broker', 'operator', 'ACL', 'LOG')).trim()).toBe('');
  });

  it('lets nobody in over the network but the services', async () => {
    const from = (network: string, image: string, ...command: string[]) =>
      docker([
        'run',
        '--rm',
        `--network=${project.name}_${network}`,
        '--env=PGPASSWORD=oncelog',
        image,
        ...command,
      ]).then(
        (said) => said,
        (error: Error) => error.message,
      );
    const psql = ['psql', '-h', 'storage', '-U', 'oncelog', '-d', 'oncelog', '-c', 'SELECT 1'];
    expect(await from('stores', 'postgres:18', ...psql)).toMatch(
      /no pg_hba.conf entry for .* user "oncelog"/,
    );
    expect(await from('stores', 'redis:8', 'redis-cli', '-h', 'broker', 'PING')).toMatch(/NOAUTH/);
    expect(await from('default', 'redis:8', 'redis-cli', '-h', 'broker', 'PING')).toMatch(
      /Could not connect/,
    );
    expect(await from('default', 'postgres:18', ...psql)).toMatch(/could not translate host name/);
  });

  it('gives each its own secrets, and shows them to nobody: not in settings, images, logs or command lines', async () => {
    const filesOf = async (service: string): Promise<string[]> =>
      (await project.compose('exec', '-T', service, 'ls', '/run/secrets')).trim().split('\n');
    expect(await filesOf('gateway')).toEqual(['database-password', 'redis-password']);
    expect(await filesOf('consumer')).toEqual(['database-password', 'redis-password']);
    expect(await filesOf('storage')).toEqual(['password']);
    expect(await filesOf('broker')).toEqual(['operator-password', 'users.acl']);

    const read = async (service: string, file: string): Promise<string> =>
      (await project.compose('exec', '-T', service, 'cat', `/run/secrets/${file}`)).trim();
    const secrets = await Promise.all([
      read('gateway', 'database-password'),
      read('gateway', 'redis-password'),
      read('consumer', 'database-password'),
      read('consumer', 'redis-password'),
      read('storage', 'password'),
      read('broker', 'operator-password'),
    ]);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);

    const containers = (await Promise.all(ALL.map((service) => project.containers(service)))).flat();
    const images = await project.compose('config', '--images');
    const said = [
      JSON.stringify(containers),
      await docker(['image', 'inspect', ...new Set(images.trim().split('\n'))]),
      await project.compose('logs', '--no-color'),
      await read('broker', 'users.acl'),
      ...(await Promise.all(
        containers
          .filter(({ State }) => State.Status === 'running')
          .map(({ Id }) => docker(['top', Id, '-eo', 'pid,args'])),
      )),
    ].join('\n');
    expect(said).toMatch(/oncelog_gateway_login/);
    for (const secret of secrets) expect(said.includes(secret)).toBe(false);
    for (const service of ['gateway', 'consumer', 'publisher', 'migrate', 'secrets'])
      expect(await secretsInImage((await only(service)).Image)).toBe('');
  });

  it('has the command line, which asks the gateway, and makes keys for it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'oncelog-compose-keys-'));
    const us = `${process.getuid?.()}:${process.getgid?.()}`;
    const oncelog = (...args: string[]) =>
      project.compose(
        ...['run', '--rm', '-T', '--no-deps', '--user', us, '--volume', `${folder}:/keys`, 'cli'],
        ...args,
      );
    try {
      await project.compose('build', 'cli'); // `run` would say on standard output what it builds
      const { received, unique_processed } = await figures();
      expect(JSON.parse(await oncelog('stats', '--json'))).toMatchObject({ received, unique_processed });
      const key = await oncelog('keys', 'create', '--file', '/keys/keys.json', '--scope', 'read');
      expect(key).toMatch(/^olk_[a-z0-9]{12}_[\w-]{43}\n$/);
      expect(JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8'))).toMatchObject([
        { id: key.slice(4, 16), scopes: ['read'] },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes new secrets while it runs', async () => {
    const before = await project.compose('exec', '-T', 'gateway', 'cat', '/run/secrets/redis-password');
    await project.compose('run', '--rm', 'secrets', '--rotate');
    await project.compose('up', '--detach', '--force-recreate', '--no-deps', 'migrate');
    await vi.waitFor(
      async () => expect((await only('migrate')).State).toMatchObject({ Status: 'exited', ExitCode: 0 }),
      { timeout: 60_000, interval: 250 },
    );
    await project.compose('up', '--detach', '--force-recreate', '--no-deps', 'gateway', 'consumer');
    await allHealthy();
    const after = await project.compose('exec', '-T', 'gateway', 'cat', '/run/secrets/redis-password');
    expect(after).not.toBe(before);
    const run = await project.startPublisher({ TOTAL_EVENTS: '1000' });
    expect(await project.ended(run)).toEqual(exact(1_000));
    await figures();
  });

  it('scales to eight consumers and back to four while a publisher runs, and stays exact', async () => {
    const settings = { TOTAL_EVENTS: '10000', DELAY_BETWEEN_BATCHES: '0.05' };
    let scaling = true;
    const publishing = (async () => {
      const runs = [];
      do runs.push(await project.ended(await project.startPublisher(settings)));
      while (scaling);
      return runs;
    })();

    try {
      await project.compose('scale', 'consumer=8');
      const eight = await project.healthy('consumer', 8);
      const hosts = eight.map(({ Config }) => Config.Hostname);
      await vi.waitFor(
        async () => expect([...(await project.readers())]).toEqual(expect.arrayContaining(hosts)),
        {
          timeout: 60_000,
          interval: 500,
        },
      );
      await project.compose('scale', 'consumer=4');
      await project.healthy('consumer', 4);
    } finally {
      scaling = false;
    }
    const runs = await publishing;
    expect(runs).toEqual(runs.map(() => exact(10_000)));
    await figures();
  });

  it('stays exact when consumers are killed, one of them with entries in hand', async () => {
    const run = await project.startPublisher({ TOTAL_EVENTS: '20000', DELAY_BETWEEN_BATCHES: '0.15' });
    const [killed, crashed] = await project.healthy('consumer', 4);
    if (killed === undefined || crashed === undefined) throw new Error('there are no consumers');

    await pauseWithEntries(killed);
    await docker(['kill', killed.Id]);
    await killMain(crashed.Id);

    expect(await project.ended(run)).toEqual(exact(20_000));
    await figures();
    expect((await project.containers('consumer')).find(({ Id }) => Id === killed.Id)?.State.Status).toBe(
      'exited',
    );
    await vi.waitFor(async () => expect(await restartsOf(crashed.Id)).toBe(1), {
      timeout: 60_000,
      interval: 250,
    });
    await project.compose('up', '--detach', '--no-deps', 'consumer');
    await project.healthy('consumer', 4);
  });

  it('keeps its data over down and up, and then publishes afresh', async () => {
    const before = await figures();
    await project.compose('down');
    await project.compose('up', '--detach', 'gateway', 'consumer');
    await allHealthy();
    expect(await figures()).toEqual(before);

    await project.compose('up', '--detach');
    expect(await project.ended((await only('publisher')).Id)).toEqual(exact(20_000));
    expect(await figures()).toMatchObject({
      received: before.received + 20_000,
      unique_processed: before.unique_processed + 14_000,
    });
  });
});

/** Files of an image that look like secrets, of which it has none. */
async function secretsInImage(image: string): Promise<string> {
  const names = ['*.pem', '*.key', '*password*', '*.acl', '.env*', '.npmrc', 'secrets/*/*'].flatMap(
    (name, index) => [...(index === 0 ? [] : ['-o']), '-path', `*/${name}`],
  );
  const found = ['find', '/app', '/secrets', '/run', '/home', '-type', 'f', '(', ...names, ')'];
  const script = `${found.map((word) => `'${word}'`).join(' ')} 2>/dev/null | grep -v -e /redis/users.acl$ -e /node_modules/ || true`;
  return inImage(image, script);
}

const inImage = (image: string, script: string): Promise<string> =>
  docker(['run', '--rm', '--network=none', '--entrypoint=sh', image, '-c', script]);

/** Paused between two reads it would never get an entry: then it goes on, and is paused at another moment. */
async function pauseWithEntries({ Id, Config }: Container): Promise<void> {
  const hasEntries = async () => expect((await project.pending()).get(Config.Hostname)).toBeGreaterThan(0);
  await vi.waitFor(
    async () => {
      await docker(['pause', Id]);
      try {
        await vi.waitFor(hasEntries, { timeout: 1_500, interval: 100 });
      } catch (error) {
        await docker(['unpause', Id]);
        throw error;
      }
    },
    { timeout: 25_000, interval: 50 },
  );
}

/** The process that the container's init has started dies; the container ends by that, and is not stopped by anybody. */
async function killMain(id: string): Promise<void> {
  const script = `process.kill(Number(require('fs').readFileSync('/proc/1/task/1/children', 'utf8').split(' ')[0]), 'SIGKILL')`;
  await docker(['exec', id, 'node', '-e', script]);
}

async function restartsOf(id: string): Promise<number> {
  const [container] = JSON.parse(await docker(['inspect', id])) as Container[];
  return container?.RestartCount ?? -1;
}
