import { testPostgresUrl } from '@oncelog/local-stack/testing';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { ensureLoginUser, loginName, type ServiceRole } from './login-user.ts';
import { knownMigrations, migrate } from './migrate.ts';
import { applyBatches } from './statements/apply-batches.ts';
import { deleteDeadLetters } from './statements/delete-dead-letters.ts';
import { findRefusedEvents } from './statements/find-refused-events.ts';
import { followEvents } from './statements/follow-events.ts';
import { listDeadLetters } from './statements/list-dead-letters.ts';
import { listEvents } from './statements/list-events.ts';
import { listMigrations } from './statements/list-migrations.ts';
import { markReplayed } from './statements/mark-replayed.ts';
import { ping } from './statements/ping.ts';
import { pruneLedger } from './statements/prune-ledger.ts';
import { pruneRepeatedEntries } from './statements/prune-repeated-entries.ts';
import { readAuditCheckpoint } from './statements/read-audit-checkpoint.ts';
import { readAuditFigures } from './statements/read-audit-figures.ts';
import { readEpochs } from './statements/read-epochs.ts';
import { readFeedEnd } from './statements/read-feed-end.ts';
import { readStats } from './statements/read-stats.ts';
import { recordRepeatedEntries } from './statements/record-repeated-entries.ts';
import { retireEvents } from './statements/retire-events.ts';
import { writeAuditCheckpoint } from './statements/write-audit-checkpoint.ts';
import { createTestDatabase, storeBatch, type TestDatabase } from './testing/index.ts';

const ORIGIN = { shard: 0, stripe: 0 };
const ROLES: readonly ServiceRole[] = ['oncelog_consumer', 'oncelog_gateway'];

let test: TestDatabase;
let as: Record<ServiceRole, Database>;
const passwords = { oncelog_consumer: 'c0nsumer @:/%', oncelog_gateway: 'gateway' };

/** Of a service's user, who logs in by password. */
function loginUrl(role: ServiceRole, password = passwords[role]): string {
  const url = Object.assign(new URL(test.url), { username: loginName(role) });
  return Object.assign(url, { password: encodeURIComponent(password) }).href;
}

beforeAll(async () => {
  test = await createTestDatabase(testPostgresUrl());
  for (const role of ROLES) await ensureLoginUser(test.url, { role, password: passwords[role] });
  const open = (role: ServiceRole) =>
    openDatabase({ url: loginUrl(role), name: role, maxConnections: 2, statementTimeoutMs: 10_000 });
  as = { oncelog_consumer: open('oncelog_consumer'), oncelog_gateway: open('oncelog_gateway') };
});
afterAll(async () => {
  await Promise.all(Object.values(as).map((database) => database.close()));
  await test.drop();
});

describe('the consumer', () => {
  it('may do what it does', async () => {
    const database = as.oncelog_consumer;
    expect(await listMigrations(database)).toEqual(knownMigrations());
    const original = Buffer.from('{}');
    const dead = [{ position: 1, events: 1, code: '22P05', reason: 'no', original }];
    const batch = storeBatch([{ event_id: 'a' }, { event_id: 'b' }], { dead });
    expect(await applyBatches(database, [batch], ORIGIN)).toMatchObject([{ applied: true, received: 2 }]);
    expect(await applyBatches(database, [batch], ORIGIN)).toMatchObject([{ applied: false }]);
    const { batchId, epoch, events } = batch;
    await recordRepeatedEntries(database, [{ entryId: '2-0', batchId, epoch, events }], ORIGIN);
    expect(await findRefusedEvents(database, ['{"topic":"\\u0000"}', '{}'])).toHaveLength(2);
    expect(await readEpochs(database, 0)).toEqual(['e1']);
    await retireEvents(database, { retentionHours: 0, afterSeq: '0', maxRows: 1 });
    const bound = { retentionHours: 0, oldestEntryMs: undefined };
    await test.sql`UPDATE applied_batches SET applied_at = '2000-01-01', last_repeated_at = NULL`;
    await test.sql`UPDATE repeated_entries SET repeated_at = '2000-01-01'`;
    expect(await pruneLedger(database, bound, 10)).toBe(1);
    expect(await pruneRepeatedEntries(database, bound, 10)).toBe(1);
    await ping(database);
  });
});

describe('the gateway', () => {
  it('may do what it does', async () => {
    const database = as.oncelog_gateway;
    await applyBatches(
      test.database,
      [storeBatch([{ event_id: 'c' }], { dead: [letter(1), letter(2)] })],
      ORIGIN,
    );
    expect(await listMigrations(database)).toEqual(knownMigrations());
    expect((await listEvents(database, { topics: [], limit: 10 })).rows.length).toBeGreaterThan(0);
    expect((await readStats(database)).length).toBeGreaterThan(0);
    const { snapshot } = await readFeedEnd(database);
    await followEvents(database, {
      from: { passed: snapshot },
      filters: [{ topics: [], source: undefined, contains: undefined }],
      maxEvents: 10,
      maxBytes: 1e6,
      maxExamined: 100,
    });
    const checkpoint = await readAuditCheckpoint(database);
    const { next } = await readAuditFigures(database, checkpoint);
    await writeAuditCheckpoint(database, { checkpoint, candidate: next });
    const [first] = await listDeadLetters(database, {}, { limit: 1, previewBytes: 1 });
    expect(await markReplayed(database, { id: first?.id ?? '', batchId: crypto.randomUUID() })).toBeDefined();
    expect(await deleteDeadLetters(database, { id: first?.id }, 1)).toBe(1);
    await ping(database);
  });
});

function letter(position: number) {
  return { position, events: 1, code: '22P05', reason: 'no', original: Buffer.from('{}') };
}

/** What nobody but the owner may do. */
const FORBIDDEN_TO_BOTH = [
  'CREATE TABLE t ()',
  'CREATE TEMPORARY TABLE t ()',
  'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$SELECT 1$$',
  'CREATE SCHEMA s',
  'CREATE ROLE intruder',
  'CREATE EXTENSION dblink',
  'ALTER TABLE processed_events ADD COLUMN more text',
  'DROP TABLE processed_events',
  'DROP INDEX applied_batches_xid',
  'TRUNCATE processed_events',
  'TRUNCATE dead_letters',
  'DO $$BEGIN LOCK TABLE audit_checkpoint IN ACCESS EXCLUSIVE MODE; END$$',
  'GRANT oncelog_gateway TO oncelog_consumer',
  'ALTER ROLE oncelog_gateway LOGIN',
  'SET ROLE pg_read_all_data',
  'SET SESSION AUTHORIZATION pg_read_all_data',
  'ALTER SYSTEM SET fsync = off',
  "INSERT INTO schema_migrations (name, run_on) VALUES ('x', now())",
  'DELETE FROM schema_migrations',
  'DELETE FROM event_stats',
  'DELETE FROM stream_accounts',
  'DELETE FROM pruned_batches',
  'DELETE FROM retired_events',
  'DELETE FROM audit_checkpoint',
  'INSERT INTO audit_checkpoint DEFAULT VALUES',
  "UPDATE processed_events SET payload = '{}'",
  'UPDATE processed_events SET topic = topic',
  "UPDATE dead_letters SET original = ''",
  'UPDATE applied_batches SET received = 0',
  "SELECT setval('processed_events_seq_seq', 1)",
  'SELECT rolpassword FROM pg_authid',
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT pg_ls_dir('.')",
  "COPY processed_events TO PROGRAM 'cat'",
  "COPY event_stats TO '/tmp/stolen'",
  "SELECT lo_import('/etc/passwd')",
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'oncelog'",
  'SELECT pg_reload_conf()',
];
const FORBIDDEN: Record<ServiceRole, readonly string[]> = {
  oncelog_consumer: [
    'SELECT payload FROM processed_events',
    'SELECT source FROM processed_events',
    'SELECT * FROM processed_events',
    'SELECT original FROM dead_letters',
    'SELECT * FROM dead_letters',
    'DELETE FROM dead_letters',
    'UPDATE dead_letters SET replayed_at = now()',
    'SELECT * FROM audit_checkpoint',
    'UPDATE audit_checkpoint SET version = 0',
    "UPDATE event_stats SET topic = ''",
    "UPDATE stream_accounts SET epoch = ''",
    "DELETE FROM event_stats WHERE topic = ''",
    'COPY processed_events TO STDOUT',
  ],
  oncelog_gateway: [
    "INSERT INTO processed_events (topic, event_id, \"timestamp\", source, payload, batch_id) VALUES ('t', 'e', now(), 's', '{}', gen_random_uuid())",
    'DELETE FROM processed_events',
    'UPDATE processed_events SET processed_at = now()',
    "SELECT nextval('processed_events_seq_seq')",
    "INSERT INTO event_stats (stripe, topic) VALUES (1, 't')",
    'UPDATE event_stats SET received = 0',
    'UPDATE stream_accounts SET applied = 0',
    'DELETE FROM applied_batches',
    "INSERT INTO dead_letters (batch_id, entry_id, code, reason, original) VALUES (gen_random_uuid(), '1-0', 'x', 'x', '')",
    "UPDATE dead_letters SET reason = ''",
    'SELECT * FROM repeated_entries',
    'DELETE FROM repeated_entries',
    'UPDATE pruned_batches SET batches = 0',
    'UPDATE retired_events SET events = 0',
    "SELECT * FROM refused_events(ARRAY['{}'], 0, 1)",
  ],
};

describe.each(ROLES)('%s', (role) => {
  const codeOf = (statement: string): Promise<unknown> =>
    as[role].run((sql) =>
      sql.unsafe(statement).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      ),
    );

  it.each([...FORBIDDEN_TO_BOTH, ...FORBIDDEN[role]])('is refused %s', async (statement) => {
    expect(await codeOf(statement)).toBe('42501');
  });

  it('has limits of its own for statements, locks and open transactions', async () => {
    const sql = postgres(loginUrl(role), { max: 1 });
    const settings = await sql<{ name: string; setting: string }[]>`
      SELECT name, setting FROM pg_settings
      WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`;
    await sql.end();
    for (const { setting } of settings) expect(Number(setting)).toBeGreaterThan(0);
    expect(settings).toHaveLength(3);
  });

  it('cannot log in without its user, nor with another password', async () => {
    const wrong = postgres(loginUrl(role, 'wrong'), { max: 1 });
    await expect(wrong`SELECT 1`).rejects.toMatchObject({ code: '28P01' });
    await wrong.end();
    const group = postgres(Object.assign(new URL(test.url), { username: role, password: 'x' }).href, {
      max: 1,
    });
    await expect(group`SELECT 1`).rejects.toMatchObject({ code: '28P01' });
    await group.end();
  });
});

describe('a stranger', () => {
  it('cannot connect to the database', async () => {
    const password = 'stranger';
    const name = `stranger_${process.pid}`;
    await test.sql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    const url = Object.assign(new URL(test.url), { username: name, password }).href;
    const sql = postgres(url, { max: 1 });
    await expect(sql`SELECT 1`).rejects.toMatchObject({ code: '42501' });
    await sql.end();
    await test.sql.unsafe(`DROP ROLE ${name}`);
  });
});

describe('migrate', () => {
  it('gives every function to nobody but those it is granted to', async () => {
    const open = await test.sql`
      SELECT proname FROM pg_proc
      WHERE pronamespace = current_schema()::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')`;
    expect(open).toEqual([]);
  });

  it('does without the right to create roles where they are there', async () => {
    await asPlainOwner(async (url) => {
      expect(await migrate(url, () => {})).toEqual(knownMigrations());
    });
  });

  it('says what to do where a role is missing and it may not create it', async () => {
    const renamed = async (change: (name: string) => string): Promise<void> => {
      for (const role of ROLES) await test.sql.unsafe(change(role));
    };
    // the test databases beside this one keep their grants: a role that is renamed stays the same role
    await renamed((role) => `ALTER ROLE ${role} RENAME TO ${role}_away`);
    try {
      await asPlainOwner(async (url) => {
        await expect(migrate(url, () => {})).rejects.toThrow(
          /the role oncelog_consumer is missing and \w+ may not create it: .*CREATE ROLE oncelog_consumer NOLOGIN; CREATE ROLE oncelog_gateway NOLOGIN/,
        );
      });
    } finally {
      await renamed((role) => `ALTER ROLE ${role}_away RENAME TO ${role}`);
    }
  });
});

/** Somebody who owns a database of his own, and has no other rights. */
async function asPlainOwner(use: (url: string) => Promise<void>): Promise<void> {
  const name = `owner_${process.pid}`;
  await test.sql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'owner'`);
  await test.sql.unsafe(`CREATE DATABASE ${name} OWNER ${name}`);
  try {
    const url = new URL(test.url);
    await use(Object.assign(url, { username: name, password: 'owner', pathname: `/${name}` }).href);
  } finally {
    // one that is only about to end would take it for a failure
    await vi.waitFor(async () => {
      const open = await test.sql`SELECT FROM pg_stat_activity WHERE datname = ${name}`;
      expect(open).toHaveLength(0);
    }, 10_000);
    await test.sql.unsafe(`DROP DATABASE ${name}`);
    await test.sql.unsafe(`DROP ROLE ${name}`);
  }
}

describe('ensureLoginUser', () => {
  it('gives the user that is there another password', async () => {
    const user = { role: 'oncelog_gateway', name: `rotated_${process.pid}` } as const;
    const answers = async (password: string): Promise<unknown> => {
      const url = Object.assign(new URL(test.url), { username: user.name, password }).href;
      const sql = postgres(url, { max: 1 });
      try {
        return await sql`SELECT`.then(
          () => 'connected',
          (error: { code?: string }) => error.code,
        );
      } finally {
        await sql.end();
      }
    };
    await ensureLoginUser(test.url, { ...user, password: 'old' });
    expect(await answers('old')).toBe('connected');
    await ensureLoginUser(test.url, { ...user, password: 'new' });
    expect(await answers('new')).toBe('connected');
    expect(await answers('old')).toBe('28P01');
    await test.sql.unsafe(`DROP ROLE ${user.name}`);
  });

  it('makes the same user from several sides at once', async () => {
    const user = { role: 'oncelog_gateway', name: `hasty_${process.pid}`, password: 'p' } as const;
    await Promise.all([1, 2, 3, 4].map(() => ensureLoginUser(test.url, user)));
    await test.sql.unsafe(`DROP ROLE ${user.name}`);
  });

  it('says what to do where it may not change the user that is there', async () => {
    const user = { role: 'oncelog_gateway', name: `made_${process.pid}`, password: 'p' } as const;
    await ensureLoginUser(test.url, user);
    await asPlainOwner(async (url) => {
      await expect(ensureLoginUser(url, user)).rejects.toThrow(
        /^made_\d+ is there, and this user may not change it: leave out GATEWAY_DATABASE_PASSWORD/,
      );
    });
    await test.sql.unsafe(`DROP ROLE ${user.name}`);
  });

  it('leaves alone who has more rights than a service needs', async () => {
    const [owner] = await test.sql<{ name: string }[]>`SELECT current_user AS name`;
    const user = { role: 'oncelog_gateway', name: owner?.name, password: 'p' } as const;
    await expect(ensureLoginUser(test.url, user)).rejects.toThrow(/has more rights than a service needs/);
  });

  it('keeps the password out of the statements', async () => {
    await ensureLoginUser(test.url, { role: 'oncelog_gateway', password: passwords.oncelog_gateway });
    const [row] = await test.sql<{ kept: string }[]>`
      SELECT rolpassword AS kept FROM pg_authid WHERE rolname = ${loginName('oncelog_gateway')}`;
    expect(row?.kept).toMatch(/^SCRAM-SHA-256\$4096:/);
  });
});
