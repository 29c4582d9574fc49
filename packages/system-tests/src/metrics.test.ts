import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, METHODS, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { anchors, readMarkdown, repositoryRoot } from './docs/markdown-files.ts';
import {
  dashboardMentions,
  docsMentions,
  metricRows,
  readRules,
  readRuleTests,
  ruleMentions,
  sampleNames,
  unknownInDocs,
  unknownInExpression,
  unknownLabels,
  writtenRows,
} from './docs/metric-tables.ts';
import { type MetricFamily, parseExposition, sumOf } from './testing/exposition.ts';
import { conventionProblems, keyOf } from './testing/metric-conventions.ts';
import { event, openSystem, range, type System } from './testing/system.ts';

const CONSUMERS = ['consumer-1', 'consumer-2'];
const DEAD = 'dead.letters';

let system: System;
beforeAll(async () => {
  system = await openSystem({
    consumers: CONSUMERS.length,
    serviceEnv: { CLAIM_IDLE_MS: '500', MAINTENANCE_INTERVAL_MS: '100', AUDIT_INTERVAL_MS: '200' },
  });
});
afterAll(() => system.close());

async function textOf(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}
const gateway = async (): Promise<MetricFamily[]> => parseExposition(await textOf(system.stack.url));

function consumerUrl(name: string): string {
  const log = readFileSync(join(system.dataDir, 'logs', `${name}.log`), 'utf8');
  return `http://127.0.0.1:${[...log.matchAll(/"consumer":"[\w-]+","port":(\d+)/g)].at(-1)?.[1]}`;
}
const consumer = async (name: string): Promise<MetricFamily[]> =>
  parseExposition(await textOf(consumerUrl(name)));
const consumers = (): Promise<MetricFamily[][]> => Promise.all(CONSUMERS.map(consumer));
const sumOver = (scrapes: readonly MetricFamily[][], name: string, labels = {}): number =>
  scrapes.reduce((sum, families) => sum + sumOf(families, name, labels), 0);

/** A publisher that goes slowly, scraped while it runs. */
async function scrapePublisher(): Promise<MetricFamily[]> {
  const entry = join(repositoryRoot, 'services/publisher/dist/main.js');
  const settings = { TARGET_URL: system.stack.url, TOTAL_EVENTS: '1000', DELAY_BETWEEN_BATCHES: '0.2' };
  const child: ChildProcess = spawn(process.execPath, [entry], {
    env: { ...process.env, ...settings, METRICS_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const exited = once(child, 'exit');
  const url = (): string => /metrics at (\S+)\/metrics/.exec(said)?.[1] ?? '';
  await vi.waitFor(() => expect(url()).not.toBe(''), 30_000);
  const families = await vi.waitFor(async () => {
    const found = parseExposition(await textOf(url()));
    expect(sumOf(found, 'oncelog_publisher_published_events_total')).toBeGreaterThan(0);
    return found;
  }, 10_000);
  expect(await exited).toEqual([0, null]);
  return families;
}

const scrapeAll = async () => {
  const [first = []] = await consumers();
  return { gateway: await gateway(), consumer: first, publisher: await scrapePublisher() };
};

it('follows the conventions of Prometheus in every service', async () => {
  await system.publish(event(), event());
  await system.settled();
  const scrapes = await scrapeAll();
  for (const families of Object.values(scrapes)) expect(families.flatMap(conventionProblems)).toEqual([]);
  for (const [service, families] of Object.entries(scrapes)) {
    const [info] = families.find(({ name }) => name === 'oncelog_build_info')?.samples ?? [];
    expect(info).toMatchObject({ labels: { service, node_version: process.version }, value: 1 });
    expect(info?.labels['version']).toMatch(/^\d+\.\d+\.\d+/);
  }
});

it('shows known label values before anything happens, so that rates work from the start', async () => {
  const families = [...(await gateway()), ...(await consumer('consumer-1'))];
  const keys = families.flatMap(({ samples }) => samples.map(keyOf));
  expect(keys).toEqual(
    expect.arrayContaining([
      'oncelog_gateway_refused_requests_total{code="backlog-full",service="gateway"}',
      'oncelog_gateway_dead_letter_replays_total{outcome="refused",service="gateway"}',
      'oncelog_consumer_events_total{outcome="dead_letter",service="consumer"}',
      'oncelog_consumer_dead_letters_total{class="23",service="consumer"}',
      'oncelog_consumer_retries_total{kind="slow",service="consumer"}',
      'oncelog_consumer_state{service="consumer",shard="0",state="recovering"}',
      'oncelog_database_statement_failures_total{pool="apply",service="consumer"}',
      'oncelog_redis_connections{service="gateway",state="ready"}',
    ]),
  );
});

describe('the number of series', () => {
  /** In everything that a client chooses. */
  const MARK = 'hostile-7f3a';
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  afterAll(() => agent.destroy());

  async function hostileRequests(from: number, count: number): Promise<void> {
    const asks = range(count).map((i) => from + i);
    for (const chunk of range(Math.ceil(count / 50)).map((i) => asks.slice(i * 50, (i + 1) * 50))) {
      await Promise.all(chunk.map((i) => ask(i)));
    }
  }

  /** One of some kinds of requests, with something new in it. */
  async function ask(i: number): Promise<void> {
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    const id = `${MARK}-${i}`;
    const paths = [`/${id}`, `/events/${id}`, `/dead-letters/${i}`, `/events?topic=${id}`, `/stats?${id}=1`];
    const path = paths[i % paths.length] ?? '/';
    const method = i % 3 === 0 ? (methods[i % methods.length] ?? 'GET') : 'GET';
    const headers = { 'x-request-id': id, 'user-agent': id, 'idempotency-key': id };
    const asked = request(`${system.stack.url}${path}`, { method, headers, agent });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    await once(response, 'end');
  }

  async function publishTopics(from: number, count: number): Promise<void> {
    const events = range(count).map((i) =>
      event({ topic: `${MARK}-${from + i}`, event_id: `${MARK}-${from + i}`, source: `${MARK}-${from + i}` }),
    );
    for (const at of range(Math.ceil(count / 1_000)))
      await system.publish(...events.slice(at * 1_000, (at + 1) * 1_000));
    await system.settled();
  }

  const ownSeries = async (): Promise<string[]> =>
    [...(await gateway()), ...(await consumers()).flat()]
      .filter(({ name }) => name.startsWith('oncelog_'))
      .flatMap(({ samples }) => samples.map(keyOf))
      .sort();

  it('does not grow with topics, IDs, sources, paths, methods and headers that clients choose', {
    timeout: 120_000,
  }, async () => {
    await publishTopics(0, 1);
    await hostileRequests(0, 600); // each kind with each method
    const before = await ownSeries();
    await publishTopics(1, 5_000);
    await hostileRequests(600, 2_000);
    expect(await ownSeries()).toEqual(before);
    for (const url of [system.stack.url, ...CONSUMERS.map(consumerUrl)]) {
      expect(await textOf(url)).not.toContain(MARK);
    }
  });
});

describe('the figures', () => {
  it('are those of /stats, as long as no process has died', async () => {
    await system.sql.unsafe(`ALTER TABLE processed_events ADD CONSTRAINT refused CHECK (topic <> '${DEAD}')`);
    const ids = range(60).map(() => randomUUID());
    for (const i of range(20)) {
      const events = range(50).map((j) => event({ event_id: ids[(i * 31 + j) % ids.length] }));
      await system.publish(...events, ...(i === 7 ? [event({ topic: DEAD })] : []));
    }
    const stats = await system.settled();
    await system.sql`ALTER TABLE processed_events DROP CONSTRAINT refused`;
    const ofConsumers = await consumers();
    const outcome = (name: string) =>
      sumOver(ofConsumers, 'oncelog_consumer_events_total', { outcome: name });
    expect(stats.dead_lettered).toBe(1);
    expect(sumOf(await gateway(), 'oncelog_gateway_accepted_events_total')).toBe(stats.accepted);
    expect(sumOf(await gateway(), 'oncelog_gateway_request_events_sum')).toBe(stats.accepted);
    expect(outcome('unique')).toBe(stats.unique_processed);
    expect(outcome('duplicate')).toBe(stats.duplicate_dropped);
    expect(outcome('dead_letter')).toBe(stats.dead_lettered);
    expect(sumOver(ofConsumers, 'oncelog_consumer_dead_letters_total', { class: '23' })).toBe(1);
    expect(sumOver(ofConsumers, 'oncelog_consumer_statement_events_sum')).toBe(
      stats.received + stats.dead_lettered,
    );
    expect(sumOver(ofConsumers, 'oncelog_consumer_append_to_commit_seconds_count')).toBe(
      await appliedBatches(),
    );
    expect(sumOf(await gateway(), 'oncelog_stream_backlog_events')).toBe(0);
    expect(sumOf(await gateway(), 'oncelog_stream_oldest_unapplied_age_seconds')).toBe(0);
    await vi.waitFor(async () => expect(sumOf(await gateway(), 'oncelog_audit_consistent')).toBe(1), 10_000);
  });

  it('of a consumer begin anew when it dies, those of the others and of the gateway go on', async () => {
    const before = await system.settled();
    const [ofFirst, ofSecond] = await consumers();
    const applied = (families: MetricFamily[] = []) => sumOf(families, 'oncelog_consumer_events_total');
    expect(applied(ofFirst) + applied(ofSecond)).toBe(before.received + before.dead_lettered);
    const startedAt = sumOf(ofFirst ?? [], 'process_start_time_seconds');

    for (const i of range(40)) {
      await system.publish(...range(50).map(() => event()));
      if (i === 20) system.stack.kill('consumer-1', 'SIGKILL');
    }
    await vi.waitFor(async () => {
      const again = await consumer('consumer-1');
      expect(sumOf(again, 'process_start_time_seconds')).toBeGreaterThan(startedAt);
    }, 15_000);
    const after = await system.settled();
    const [anew, other] = await consumers();
    expect(sumOf(await gateway(), 'oncelog_gateway_accepted_events_total')).toBe(after.accepted);
    expect(after.received - before.received).toBe(2_000);
    // what the dead one applied after it was last asked is known to Postgres alone
    expect(applied(anew) + applied(other)).toBeLessThanOrEqual(
      after.received - applied(ofFirst) + after.dead_lettered,
    );
    expect(applied(anew)).toBeLessThanOrEqual(2_000);
    expect(applied(other)).toBeGreaterThanOrEqual(applied(ofSecond));
    expect(sumOf(await gateway(), 'oncelog_stream_backlog_events')).toBe(0);
  });

  async function appliedBatches(): Promise<number> {
    const [row] = await system.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM applied_batches`;
    return row?.n ?? -1;
  }
});

it('counts refused requests by code, and measures them by route, method and status', async () => {
  const before = await gateway();
  expect((await system.post('{')).status).toBe(400);
  expect((await system.post({ events: [] })).status).toBe(422);
  expect((await system.get('/nowhere')).status).toBe(404);
  await vi.waitFor(async () => {
    const after = await gateway();
    const grown = (name: string, labels: Record<string, string>) =>
      sumOf(after, name, labels) - sumOf(before, name, labels);
    const refused = 'oncelog_gateway_refused_requests_total';
    const measured = 'oncelog_gateway_request_duration_seconds_count';
    expect(grown(refused, { code: 'malformed-json' })).toBe(1);
    expect(grown(refused, { code: 'invalid-batch' })).toBe(1);
    expect(grown(refused, { code: 'not-found' })).toBe(1);
    expect(grown(measured, { method: 'POST', route: '/publish', status: '400' })).toBe(1);
    expect(grown(measured, { method: 'POST', route: '/publish', status: '422' })).toBe(1);
    expect(grown(measured, { method: 'GET', route: 'unknown', status: '404' })).toBe(1);
  });
});

describe('what is written about metrics', () => {
  let scrapes: Record<string, MetricFamily[]>;
  /** Of every sample, with the labels that it has in any service. */
  const names = new Map<string, Set<string>>();
  beforeAll(async () => {
    scrapes = await scrapeAll();
    for (const families of Object.values(scrapes)) {
      for (const [name, labels] of sampleNames(families))
        names.set(name, new Set([...(names.get(name) ?? []), ...labels]));
    }
  });

  it('docs/observability.md lists every metric of ours as it is', () => {
    expect(writtenRows(readMarkdown('docs/observability.md'))).toEqual(metricRows(scrapes));
  });

  it('the documentation names no other', () => {
    const known = new Set(names.keys());
    const unknown = docsMentions().map((mention) => ({ ...mention, unknown: unknownInDocs(mention, known) }));
    expect(unknown.filter((one) => one.unknown.length > 0).map((one) => [one.file, ...one.unknown])).toEqual(
      [],
    );
  });

  it('the rules of Prometheus and the dashboards of Grafana ask for what there is', () => {
    const recorded = readRules().flatMap(({ record }) => record ?? []);
    const known = new Set([...names.keys(), ...recorded]);
    const mentions = [...ruleMentions(), ...dashboardMentions()];
    expect(mentions.length).toBeGreaterThan(80);
    expect(mentions.flatMap((mention) => unknownInExpression(mention, known))).toEqual([]);
    expect(mentions.flatMap((mention) => unknownLabels(mention, names))).toEqual([]);
  });
});

describe('Prometheus and Grafana', () => {
  it('every alert has a severity, a summary, and a section of a page that says what to do', () => {
    const alerts = readRules().filter(({ alert }) => alert !== undefined);
    expect(alerts.length).toBeGreaterThan(25);
    const operations = readMarkdown('docs/operations.md');
    for (const { alert = '', labels, annotations } of alerts) {
      expect(alert).toMatch(/^Oncelog[A-Z]\w+$/);
      expect(['critical', 'warning'], alert).toContain(labels?.['severity']);
      expect(annotations?.['summary'], alert).toMatch(/\w/);
      expect(annotations?.['description'], alert).toMatch(/\.$/);
      const [file = '', anchor = ''] = annotations?.['runbook']?.split('#') ?? [];
      expect(existsSync(join(repositoryRoot, file)), alert).toBe(true);
      expect(anchors(readMarkdown(file)), alert).toContain(anchor);
      expect(operations, 'docs/operations.md lists it').toContain(`\`${alert}\``);
    }
  });

  it('every alert has a case in which it fires, and one in which it is silent', () => {
    const names = readRuleTests();
    for (const { alert } of readRules().filter((rule) => rule.alert !== undefined)) {
      expect(names.filter((name) => name.startsWith(`${alert} fires`))).toHaveLength(1);
      expect(names.filter((name) => name.startsWith(`${alert} is silent`))).toHaveLength(1);
    }
  });
});
