import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, ping } from '@oncelog/event-store';
import { openWriter } from '@oncelog/event-stream';
import { silentLog } from '@oncelog/event-stream/testing';
import {
  ensureSecrets,
  type RunningServer,
  type Secrets,
  startPostgres,
  startRedis,
} from '@oncelog/local-stack';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Authority, createAuthority } from './testing/certificates.ts';
import { freePort } from './testing/free-port.ts';
import { event, openSystem, type System } from './testing/system.ts';

/** Postgres and Redis that take nothing but TLS on the ports that the services know. Their certificates name `localhost`. */
let dir: string;
let authority: Authority;
let stranger: Authority;
let users: Secrets;
let postgres: RunningServer;
let redis: RunningServer;
let tlsPort: number;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'oncelog-tls-'));
  chmodSync(dir, 0o755); // root's Postgres runs as another user, who has to pass through
  authority = await createAuthority(dir, 'authority');
  stranger = await createAuthority(dir, 'stranger');
  users = await ensureSecrets(join(dir, 'data/secrets'));
  postgres = await startPostgresWithTls();
  redis = await startRedisWithTls();
}, 120_000);
afterAll(async () => {
  await Promise.all([postgres?.stop(), redis?.stop()]);
  rmSync(dir, { recursive: true });
});

async function startPostgresWithTls(): Promise<RunningServer> {
  const clusterDir = join(dir, 'postgres');
  const options = { clusterDir, logFile: join(dir, 'postgres.log') };
  await (await startPostgres(options)).stop();
  const { cert, key } = await authority.certify(['localhost']);
  const { uid, gid } = statSync(clusterDir);
  const write = (name: string, text: string): void => {
    writeFileSync(join(clusterDir, name), text, { mode: 0o600 });
    chownSync(join(clusterDir, name), uid, gid);
  };
  write('server.crt', cert);
  write('server.key', key);
  write('pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  return startPostgres({ ...options, settings: { ssl: 'on' } });
}

async function startRedisWithTls(): Promise<RunningServer> {
  const { cert, key } = await authority.certify(['localhost']);
  tlsPort = await freePort();
  writeFileSync(join(dir, 'redis.crt'), cert);
  writeFileSync(join(dir, 'redis.key'), key);
  return startRedis({
    dataDir: join(dir, 'redis'),
    logFile: join(dir, 'redis.log'),
    users,
    settings: {
      'tls-port': String(tlsPort),
      'tls-cert-file': join(dir, 'redis.crt'),
      'tls-key-file': join(dir, 'redis.key'),
      'tls-ca-cert-file': authority.caFile,
      'tls-auth-clients': 'no',
    },
  });
}

function postgresUrl(parameters: Record<string, string>, hostname = 'localhost'): string {
  const url = Object.assign(new URL(postgres.url), { hostname });
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function redisUrl(parameters: Record<string, string>, hostname = 'localhost'): string {
  const url = new URL(`rediss://operator:${users.redis.operator}@${hostname}:${tlsPort}`);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

describe('with TLS to both stores', () => {
  let system: System;
  afterAll(() => system?.close());

  it('everything works, each service as its own user', async () => {
    const verified = { sslmode: 'verify-full', sslrootcert: authority.caFile };
    system = await openSystem({
      dataDir: join(dir, 'data'),
      databaseUrl: postgresUrl(verified),
      redisUrl: redisUrl({ sslrootcert: authority.caFile }),
      sqlUrl: postgresUrl({ sslmode: 'require' }),
      ownUsers: true,
      redisUsers: [],
      consumers: 2,
    });
    await system.publish(event(), event());
    expect(await system.settled()).toMatchObject({ unique_processed: 2 });
    const plain = await system.sql`
      SELECT usename, application_name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE application_name LIKE 'oncelog-%' AND (NOT ssl OR usename NOT LIKE 'oncelog_%_login')`;
    expect(plain).toEqual([]);
  }, 120_000);
});

describe('Postgres', () => {
  const outcome = async (url: () => string): Promise<unknown> => {
    let database: Database | undefined;
    try {
      database = openDatabase({ url: url(), name: 'tls', maxConnections: 1, statementTimeoutMs: 5_000 });
      await ping(database);
      return 'connected';
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return code ?? message;
    } finally {
      await database?.close();
    }
  };
  const root = (): string => authority.caFile;

  it.each<[string, () => string, unknown]>([
    ['verify-full', () => postgresUrl({ sslmode: 'verify-full', sslrootcert: root() }), 'connected'],
    ['a root alone', () => postgresUrl({ sslrootcert: root() }), 'connected'],
    [
      'verify-ca and another name',
      () => postgresUrl({ sslmode: 'verify-ca', sslrootcert: root() }, '127.0.0.1'),
      'connected',
    ],
    ['require', () => postgresUrl({ sslmode: 'require' }, '127.0.0.1'), 'connected'],
  ])('takes %s', async (_, url, expected) => {
    expect(await outcome(url)).toBe(expected);
  });

  it.each<[string, () => string, unknown]>([
    [
      'of another authority',
      () => postgresUrl({ sslmode: 'verify-full', sslrootcert: stranger.caFile }),
      expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|ISSUER/),
    ],
    [
      'of another authority, whatever its name',
      () => postgresUrl({ sslmode: 'verify-ca', sslrootcert: stranger.caFile }),
      expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|ISSUER/),
    ],
    [
      'of an authority that nobody knows',
      () => postgresUrl({ sslmode: 'verify-full' }),
      expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|ISSUER/),
    ],
    [
      'for another name',
      () => postgresUrl({ sslmode: 'verify-full', sslrootcert: root() }, '127.0.0.1'),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('refuses a certificate %s', async (_, url, expected) => {
    expect(await outcome(url)).toEqual(expected);
  });

  it('does not take sessions without TLS, nor words that are no mode', async () => {
    expect(await outcome(() => postgresUrl({}))).toBe('28000');
    expect(await outcome(() => postgresUrl({ sslmode: 'verify-ful' }))).toMatch(
      /^sslmode verify-ful is none/,
    );
    expect(await outcome(() => postgresUrl({ sslrootcert: join(dir, 'missing.pem') }))).toBe('ENOENT');
  });
});

describe('Redis', () => {
  const outcome = async (url: string): Promise<string> => {
    const failures: string[] = [];
    const log = {
      ...silentLog,
      warn: ({ err }: { err?: { code?: string } }) => failures.push(err?.code ?? 'unknown'),
    };
    const writer = openWriter({
      url,
      prefix: 'oncelog',
      shards: 1,
      backlogLimit: { maxEvents: 1, maxBytes: 1 },
      log,
    });
    try {
      return await vi.waitFor(async () => {
        if (failures[0] !== undefined) return failures[0];
        await writer.ping();
        return 'connected';
      }, 20_000);
    } finally {
      await writer.close();
    }
  };

  it('takes the authority that the URL names', async () => {
    expect(await outcome(redisUrl({ sslrootcert: authority.caFile }))).toBe('connected');
  });

  it('refuses a certificate of another authority, of one that nobody knows, and for another name', async () => {
    const unknown = /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|ISSUER/;
    expect(await outcome(redisUrl({ sslrootcert: stranger.caFile }))).toMatch(unknown);
    expect(await outcome(redisUrl({}))).toMatch(unknown);
    expect(await outcome(redisUrl({ sslrootcert: authority.caFile }, '127.0.0.1'))).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });
});
