import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublishResponse, Stats, StoredEvent } from '@oncelog/event-schema';
import { openTestSql } from '@oncelog/event-store/testing';
import { asTestUser, TEST_USER } from '@oncelog/event-stream/testing';
import { type Stack, type StartStackOptions, startStack } from '@oncelog/local-stack';
import { vi } from 'vitest';
import { createOpenApiCheck, type OpenApiCheck } from './openapi-check.ts';
import type { ObjectNode } from './openapi-document.ts';
import { refusedPrivileges } from './refused-privileges.ts';

export type EventFields = Record<string, unknown>;

export interface SystemOptions extends Partial<StartStackOptions> {
  /** Where the tests look at the tables; default: where the services do. */
  readonly sqlUrl?: string;
  /** What every request carries, unless it says otherwise: a key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The test takes rights away: what services are refused for want of one is no mistake of ours. */
  readonly mayBeRefused?: boolean;
}

/** The whole system as processes: real Postgres, real Redis, gateway and consumers, on free ports. */
export interface System {
  readonly stack: Stack;
  readonly dataDir: string;
  readonly sql: ReturnType<typeof openTestSql>;
  /** Of somebody who may do everything in the stack's own Redis: to look at keys and to break things. */
  readonly redisUrl: string;
  /** Holds every answer of `request`, `get` and `post` against `GET /openapi.json`; what is not as it says throws. */
  readonly api: OpenApiCheck;
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
  get(path: string): Promise<Response>;
  post(body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Publishes a batch and expects 202. */
  publish(...events: EventFields[]): Promise<PublishResponse>;
  stats(): Promise<Stats>;
  events(search?: string): Promise<StoredEvent[]>;
  /** Waits until nothing is in flight, then resolves to the figures, which add up (I4) or it throws. */
  settled(): Promise<Stats>;
  pidOf(name: string): number;
  /**
   * Rejects where an answer was not as the document says, also when that was taken for something else before; and where a
   * service was refused something by Postgres or Redis that it has no right to.
   */
  close(): Promise<void>;
}

export async function openSystem({
  sqlUrl,
  headers,
  mayBeRefused = false,
  ...options
}: SystemOptions = {}): Promise<System> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'oncelog-system-'));
  const stack = await startStack({ consumers: 4, redisUsers: [TEST_USER], ...options, dataDir });
  const sql = openTestSql(sqlUrl ?? stack.databaseUrl);
  const api = createOpenApiCheck((await (await fetch(`${stack.url}/openapi.json`)).json()) as ObjectNode);
  const request = async (method: string, path: string, init?: RequestInit) => {
    const response = await fetch(`${stack.url}${path}`, {
      ...init,
      method,
      headers: { ...headers, ...init?.headers },
    });
    // of an event stream nothing is read here: a clone that nobody reads would keep it in memory
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    await api.answer(method, path, isStream ? response : response.clone());
    return response;
  };
  const get = (path: string) => request('GET', path);
  const json = async <T>(path: string) => (await (await get(path)).json()) as T;
  const post = (body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    request('POST', '/publish', {
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });

  return {
    stack,
    dataDir,
    sql,
    redisUrl: asTestUser(stack.redisUrl),
    api,
    request,
    get,
    post,
    async publish(...events) {
      const response = await post({ events });
      if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as PublishResponse;
    },
    stats: () => json<Stats>('/stats'),
    events: (search = '') => json<StoredEvent[]>(`/events${search}`),
    settled: () =>
      vi.waitFor(async () => addingUp(await json<Stats>('/stats'), await storedEvents(sql)), {
        timeout: 30_000,
        interval: 50,
      }),
    pidOf(name) {
      const found = stack.processes.find((process) => process.name === name);
      if (found === undefined) throw new Error(`${name} does not run`);
      return found.pid;
    },
    async close() {
      await sql.end({ timeout: 1 });
      const refused = mayBeRefused ? [] : await refusedPrivileges(stack.redisUrl, join(dataDir, 'logs'));
      await stack.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      if (refused.length > 0) throw new Error(`a service lacks a right: ${refused.join('\n')}`);
      if (api.errors.length > 0) throw new AggregateError(api.errors, api.errors[0]?.message);
    },
  };
}

async function storedEvents(sql: System['sql']): Promise<number> {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM processed_events`;
  return row?.n ?? -1;
}

/** I4 at rest. */
function addingUp(stats: Stats, stored: number): Stats {
  const { accepted, received, dead_lettered, in_flight, unique_processed, duplicate_dropped } = stats;
  const exact =
    in_flight === 0 &&
    accepted === received + dead_lettered &&
    received === unique_processed + duplicate_dropped &&
    unique_processed === stored;
  if (!exact) throw new Error(`the figures do not add up: ${JSON.stringify({ ...stats, stored })}`);
  return stats;
}

/** A valid event with a fresh ID; `fields` override. */
export function event(fields: EventFields = {}): EventFields {
  return {
    topic: 'orders.created',
    event_id: randomUUID(),
    timestamp: '2026-01-01T00:00:00Z',
    source: 'shop',
    payload: { total: 12.5, items: [1, 2] },
    ...fields,
  };
}

export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
