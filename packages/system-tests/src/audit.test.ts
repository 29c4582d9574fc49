import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Audit } from '@oncelog/event-schema';
import { openTestRedis } from '@oncelog/event-stream/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keptOf, startGatheredLoad } from './faults/gathered-load.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

const SCRIPT = fileURLToPath(new URL('../../local-stack/audit.mjs', import.meta.url));

let system: System;
beforeAll(async () => {
  system = await openSystem({
    consumers: 3,
    serviceEnv: {
      CLAIM_IDLE_MS: '500',
      MAINTENANCE_INTERVAL_MS: '100',
      AUDIT_INTERVAL_MS: '200',
      LEDGER_RETENTION_HOURS: '1',
      EVENT_RETENTION_HOURS: '1',
      RETENTION_INTERVAL_MS: '100',
      STREAM_SHARDS: '2',
    },
  });
});
afterAll(() => system.close());

async function audit(search = ''): Promise<Audit> {
  const response = await system.get(`/audit${search}`);
  const body = await response.text();
  expect(response.status, body).toBe(200);
  return JSON.parse(body) as Audit;
}

const failing = ({ checks }: Audit) => checks.filter(({ holds }) => !holds);

/** `npm run audit` after npm: its exit code and output. */
async function script(flags: string[] = [], targetUrl = system.stack.url) {
  const env = { ...process.env, TARGET_URL: targetUrl };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...flags], { env });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** Batches with duplicates, some of them sent twice, until everything is answered with 202. */
async function publish(name: string, batches: number, during: (batch: number) => void = () => {}) {
  const send = async (i: number) => {
    const events = range(40).map((j) =>
      event({ event_id: `${name}-${(i * 29 + j) % 900}`, topic: `t${j % 3}` }),
    );
    await vi.waitFor(
      async () => {
        const response = await system.post({ events }, { 'idempotency-key': `${name}-${i}` });
        if (response.status !== 202) throw new Error(String(response.status));
      },
      { timeout: 30_000, interval: 50 },
    );
  };
  const next = range(batches)
    .flatMap((i) => (i % 5 === 0 ? [i, i] : [i]))
    [Symbol.iterator]();
  const worker = async () => {
    for (const i of next) {
      during(i);
      await send(i);
    }
  };
  await Promise.all(range(8).map(worker));
}

/** Makes everything that is stored older, so that retention removes it. */
async function age(interval: string): Promise<void> {
  await system.sql`UPDATE applied_batches SET applied_at = applied_at - ${interval}::interval,
    last_repeated_at = last_repeated_at - ${interval}::interval`;
  await system.sql`UPDATE processed_events SET processed_at = processed_at - ${interval}::interval`;
}

describe('while events flow, consumers are killed and retention removes', () => {
  it('no audit finds anything, and the counts are exact at rest', async () => {
    const before = await system.stats();
    let flowing = true;
    let seenMoving = 0;
    const gathering = startGatheredLoad(system, 'flow-gathered');
    const auditing = (async () => {
      for (let i = 0; flowing || i < 5; i += 1) {
        const found = await audit(i % 3 === 0 ? '?full=true' : '');
        expect(failing(found)).toEqual([]);
        if (!found.at_rest) seenMoving += 1;
        // a candidate that is old enough moves the checkpoint along
        await system.sql`UPDATE audit_checkpoint SET candidate_taken_at = candidate_taken_at - interval '2 minutes'`;
      }
    })();
    await publish('flow', 300, (batch) => {
      if (batch === 80) system.stack.kill('consumer-1', 'SIGKILL');
      if (batch === 160) system.stack.kill('consumer-2', 'SIGKILL');
    }).finally(() => {
      gathering.abandon();
      flowing = false;
    });
    await auditing;
    const gathered = await gathering.finish();
    expect(seenMoving).toBeGreaterThan(0);
    const after = await vi.waitFor(async () => {
      const stats = await system.stats();
      expect(stats.in_flight).toBe(0);
      return stats;
    }, 30_000);
    const { differences, leastReceived, mostReceived } = await keptOf(system, gathered);
    expect(differences).toEqual([]);
    expect(mostReceived).toBe(leastReceived); // no answer was lost: no gateway died
    expect(after.received - before.received).toBe(300 * 40 + leastReceived);
    expect(await audit('?full=true')).toMatchObject({ consistent: true, at_rest: true });
  });

  it('what retention removes is not missed', async () => {
    const before = await system.stats();
    await age('2 hours');
    await system.sql`UPDATE audit_checkpoint SET applied_before = applied_before - interval '2 hours'`;
    await vi.waitFor(async () => expect((await audit()).figures.rows_stored).toBe(0), 20_000);
    expect(failing(await audit())).toEqual([]);
    const full = await audit('?full=true');
    expect(full).toMatchObject({
      consistent: true,
      figures: { rows_stored: 0, retired: before.unique_processed },
    });
    const { uptime_seconds: _was, ...counts } = before;
    expect(await system.stats()).toMatchObject(counts);
    await publish('flow', 10); // the same keys: stored again
    await vi.waitFor(async () => expect((await audit()).at_rest).toBe(true), 20_000);
    expect((await audit()).consistent).toBe(true);
    expect((await system.stats()).unique_processed).toBeGreaterThan(before.unique_processed);
  });

  it('nothing is wrong after everything in Redis was lost, once the rest is applied', async () => {
    const redis = await openTestRedis(system.redisUrl);
    await publish('flush', 60, (batch) => {
      if (batch === 30) void redis.flushAll();
    });
    await redis.close();
    await vi.waitFor(async () => {
      const found = await audit();
      expect(failing(found)).toEqual([]);
      expect(found.at_rest).toBe(true);
    }, 30_000);
  });
});

describe('npm run audit', () => {
  it('exits 0, with a table or with the answer itself', async () => {
    const table = await script(['--full']);
    expect(table).toMatchObject({ code: 0 });
    expect(table.stdout).toMatch(/^ok +rows stored \+ retired = unique_processed +[\d,]+ +[\d,]+$/m);
    expect(table.stdout).toContain('\nconsistent, at rest: every row counted in ');
    const json = await script(['--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ consistent: true });
  });

  it('exits 1 where something differs, as the log and the metrics say too, until it is repaired', async () => {
    const change = (by: number) =>
      system.sql`UPDATE event_stats SET unique_processed = unique_processed + ${by}
        WHERE (stripe, topic) = (SELECT stripe, topic FROM event_stats ORDER BY stripe, topic LIMIT 1)`;
    await change(1);
    try {
      const found = await script();
      expect(found.code).toBe(1);
      expect(found.stdout).toMatch(/^NOT OK +rows stored/m);
      expect(found.stdout).toContain('NOT consistent, at rest');
      await vi.waitFor(async () => {
        expect(await (await system.get('/metrics')).text()).toMatch(/^oncelog_audit_consistent\{.*\} 0$/m);
      }, 10_000);
      // by the next audit in the background: the script's own has set the metric already
      await vi.waitFor(() => {
        const log = readFileSync(join(system.dataDir, 'logs/gateway.log'), 'utf8');
        expect(log).toMatch(
          /"level":50.*"name":"rows stored \+ retired = unique_processed".*audit found the counts/,
        );
      }, 10_000);
    } finally {
      await change(-1);
    }
    await vi.waitFor(async () => {
      expect(await (await system.get('/metrics')).text()).toMatch(/^oncelog_audit_consistent\{.*\} 1$/m);
    }, 10_000);
  });

  it('exits 2 where it cannot ask', async () => {
    expect(await script([], 'http://127.0.0.1:9')).toMatchObject({ code: 2 });
    expect(await script([], 'nowhere')).toMatchObject({ code: 2 });
    expect(await script(['--color'])).toMatchObject({ code: 2, stdout: '' });
  });
});
