import { START_TIME_MS } from '../load/events.ts';
import type { FollowInput, QueryInput, QueryReport } from '../load/query-report.ts';
import type { Measure, MeasureResult } from '../measure.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { openBenchStack } from '../stack/bench-stack.ts';
import { fill } from '../stack/fill.ts';
import { openFilledStack } from '../stack/kept-store.ts';
import { median, rounded } from '../statistics.ts';
import type { Worker } from '../workers/open-worker.ts';
import { MANY_EVENTS, QUICK_MANY_EVENTS } from './b6-stored-events.ts';
import { openIn } from './workers.ts';

const QUERIER = new URL('../load/querier.ts', import.meta.url);
const FEW_EVENTS = 20_000;
const MAX_RATIO = 1.5;
const LIMIT = 100;
/** 5 times 12 requests to each store, in turn. */
const ROUNDS = 5;
const REQUESTS_PER_ROUND = 12;
/** The last full page of the small store. */
const DEEP_PAGES = FEW_EVENTS / LIMIT - 1;

interface Store {
  readonly url: string;
  /** How many events it was filled with, a second apart. */
  readonly size: number;
}

interface QueryRun {
  readonly query: string;
  readonly ms: number;
  readonly limitMs: number;
  readonly ratio: number;
  readonly problems: readonly string[];
}

export const b7: Measure = {
  id: 'B7',
  what: 'GET /events with 20 million events (limit: 20 thousand)',
  target: `≤ ${MAX_RATIO} ×`,
  async run(context) {
    const { options, opened, say } = context;
    const ofStack = { consumers: 1, say, opened };
    const size = options.quick ? QUICK_MANY_EVENTS : MANY_EVENTS;
    const large = storeOf(await openFilledStack(ofStack, { size, ids: 'random' }), size);
    const small = storeOf(await openSmallStack(ofStack), FEW_EVENTS);
    const querier = openIn(opened, QUERIER);
    const runs: QueryRun[] = [];
    for (const [query, pathOf] of Object.entries(QUERIES)) {
      const paths = { large: await pathOf(querier, large), small: await pathOf(querier, small) };
      const run = await compare(querier, query, [
        { ...large, path: paths.large },
        { ...small, path: paths.small },
      ]);
      say(`${query}: ${rounded(run.ms)} ms, limit ${rounded(run.limitMs)} ms`);
      runs.push(run);
    }
    return resultOf(runs);
  },
};

type PathOf = (querier: Worker, store: Store) => string | Promise<string>;

const QUERIES: Readonly<Record<string, PathOf>> = {
  newest: () => path({}),
  topic: () => path({ topic: 'orders.paid' }),
  source: () => path({ source: 'shop-17' }),
  'topic and source': () => path({ topic: 'orders.paid', source: 'shop-17' }),
  'recent window': () => path({ since: secondsBack(3_600) }),
  'window in the middle': (_querier, { size }) => path(windowOf(size)),
  'topic, window in the middle': (_querier, { size }) => path({ topic: 'orders.paid', ...windowOf(size) }),
  'deep page': (querier, { url }) => follow(querier, url, path({})),
  'deep page of a topic': (querier, { url }) => follow(querier, url, path({ topic: 'orders.paid' }), 19),
};

function path(parameters: Readonly<Record<string, string>>): string {
  return `/events?${new URLSearchParams({ ...parameters, limit: String(LIMIT) })}`;
}

function secondsBack(seconds: number): string {
  return new Date(START_TIME_MS - seconds * 1_000).toISOString();
}

/** Two thousand events. */
function windowOf(size: number): { since: string; until: string } {
  return { since: secondsBack(size / 2), until: secondsBack(size / 2 - 2_000) };
}

function follow(querier: Worker, url: string, first: string, pages = DEEP_PAGES): Promise<string> {
  const input: FollowInput = { url, path: first, pages };
  return querier.ask<string>('follow', input);
}

function storeOf({ stack }: BenchStack, size: number): Store {
  return { url: stack.url, size };
}

async function openSmallStack(options: Parameters<typeof openBenchStack>[0]): Promise<BenchStack> {
  const system = await openBenchStack(options);
  await fill(system.sql, { size: FEW_EVENTS, ids: 'random', say: options.say });
  return system;
}

type Target = Store & { readonly path: string };

async function compare(
  querier: Worker,
  query: string,
  [large, small]: readonly [Target, Target],
): Promise<QueryRun> {
  const ask = ({ url, path: asked }: Target): Promise<QueryReport> =>
    querier.ask<QueryReport>('query', { url, path: asked, times: REQUESTS_PER_ROUND } satisfies QueryInput);
  const reports: { large: QueryReport[]; small: QueryReport[] } = { large: [], small: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = { large: await ask(large), small: await ask(small) };
    // the first round fills caches; one that ends in an error would end in it again
    if (round === 0 && pair.large.status === 200) continue;
    reports.large.push(pair.large);
    reports.small.push(pair.small);
    if (pair.large.status !== 200) break;
  }
  const ms = medianOf(reports.large);
  const limitMs = medianOf(reports.small);
  const problems = [
    ...new Set([...reports.large, ...reports.small].flatMap((report) => problemsOf(query, report))),
  ];
  return { query, ms, limitMs, ratio: ms / limitMs, problems };
}

function medianOf(reports: readonly QueryReport[]): number {
  return median(reports.flatMap(({ latenciesMs }) => latenciesMs));
}

function problemsOf(query: string, { status, rows }: QueryReport): string[] {
  if (status !== 200) return [`${query}: answered ${status}`];
  return rows === LIMIT ? [] : [`${query}: ${rows} events, not ${LIMIT}`];
}

function resultOf(runs: readonly QueryRun[]): MeasureResult {
  const by = (figure: (run: QueryRun) => number) =>
    Object.fromEntries(runs.map((run) => [run.query, rounded(figure(run), 3)]));
  const problems = runs.flatMap((run) => run.problems);
  const worst = Math.max(...runs.map(({ ratio }) => ratio));
  return {
    unit: 'ms',
    value: by(({ ms }) => ms),
    limit: by(({ limitMs }) => limitMs),
    ratio: rounded(worst, 3),
    ratios: by(({ ratio }) => ratio),
    met: worst <= MAX_RATIO && problems.length === 0,
    // a refusal in time is slow, not wrong
    exact: problems.every((problem) => problem.includes('answered 503')),
    problems,
    runs,
  };
}
