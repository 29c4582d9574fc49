import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@oncelog/event-store';
import { openTestSql } from '@oncelog/event-store/testing';
import { TEST_USER } from '@oncelog/event-stream/testing';
import { type Stack, startStack } from '@oncelog/local-stack';
import type { Sql } from './counts.ts';

export interface BenchStackOptions {
  readonly consumers: number;
  /** Kept where it is given; else a fresh folder, removed at the end. */
  readonly dataDir?: string;
  readonly say: (line: string) => void;
  readonly opened: AsyncDisposableStack;
}

export interface BenchStack {
  readonly stack: Stack;
  readonly sql: Sql;
}

/**
 * Settings that differ from those that users have. The self-audit would fall into one run of fifteen, and weigh there
 * as much as it costs in a minute.
 */
const SERVICE_ENV = { AUDIT_INTERVAL_MS: '0' };

/** The whole system: real servers with the project's own configuration, the compiled services. Closed by `opened`. */
export async function openBenchStack(options: BenchStackOptions): Promise<BenchStack> {
  const { consumers, say, opened } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'oncelog-bench-'));
  if (options.dataDir === undefined)
    opened.defer(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  const stack = await startStack({
    dataDir,
    consumers,
    serviceEnv: SERVICE_ENV,
    redisUsers: [TEST_USER],
    log: say,
  });
  opened.defer(() => stack.stop());
  const sql = openSql(stack.databaseUrl, opened);
  return { stack, sql };
}

/** A second database on the same server, with the same tables: for what is measured beside ours. */
export async function openLimitDatabase(
  { stack, sql }: BenchStack,
  opened: AsyncDisposableStack,
): Promise<{ url: string; sql: Sql }> {
  await sql`CREATE DATABASE bench_limit`;
  const url = Object.assign(new URL(stack.databaseUrl), { pathname: '/bench_limit' }).href;
  await migrate(url, () => {});
  return { url, sql: openSql(url, opened) };
}

function openSql(url: string, opened: AsyncDisposableStack): Sql {
  const sql = openTestSql(url);
  opened.defer(() => sql.end({ timeout: 1 }));
  return sql;
}
