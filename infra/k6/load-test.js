// A load test for k6 (https://k6.io): publishes generated events, and checks that every one of them was counted exactly
// once. `k6 run infra/k6/load-test.js`; see README.md beside this file.
//
//   setup ──▶ figures before ──▶ publish × batches, by VUS virtual users ──▶ teardown: figures after ──▶ handleSummary

import { check, fail, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Gauge, Trend } from 'k6/metrics';
import { createPlan, eventAt, sizesOf, topicsOf } from './events.js';
import { readSettings } from './settings.js';
import { describe, resultOf } from './summary.js';

const settings = readSettings(__ENV);
const sizes = sizesOf(settings);
const topics = topicsOf(settings.topicPrefix);

// of publishing
const accepted = new Counter('oncelog_events_accepted');
const retries = new Counter('oncelog_publish_retries');
/** Of publishing a batch, its retries included. `http_req_duration` is of each request. */
const publishDuration = new Trend('oncelog_publish_duration', true);
// of the check at the end
const received = new Counter('oncelog_events_received');
const unique = new Counter('oncelog_events_unique');
const duplicate = new Counter('oncelog_events_duplicate');
const deadLettered = new Counter('oncelog_events_dead_lettered');
const accountedSeconds = new Gauge('oncelog_accounted_seconds');

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    publish: {
      executor: 'shared-iterations',
      exec: 'publish',
      iterations: sizes.batches,
      vus: Math.min(settings.vus, sizes.batches),
      maxDuration: settings.maxDuration,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
    'http_req_failed{name:publish}': [`rate<=${settings.maxErrorRate}`],
    'http_req_duration{name:publish}': [`p(95)<${settings.p95Ms}`, `p(99)<${settings.p99Ms}`],
    // Counters, because k6 takes the threshold of a Rate for met where nothing was added to it: a check that was never
    // made must fail.
    oncelog_events_accepted: [`count==${settings.totalEvents}`],
    oncelog_events_received: [`count==${settings.totalEvents}`],
    oncelog_events_unique: [`count==${sizes.unique}`],
    oncelog_events_duplicate: [`count==${sizes.duplicates}`],
  },
  summaryTrendStats: ['min', 'med', 'avg', 'p(90)', 'p(95)', 'p(99)', 'max'],
  // it ends by itself where nothing moves: SETTLE_TIMEOUT
  teardownTimeout: '1h',
};

/**
 * What setup hands to everybody, as JSON.
 *
 * @typedef {import('./events.js').RunIdentity & { startedMs: number, before: Figures }} Run
 */

/** Before the first event: who we are, and what was counted until now. */
export function setup() {
  const before = atRest(QUIET_SECONDS);
  if (before === undefined) {
    fail(`The gateway at ${settings.url} does not answer GET /stats: ${lastFailure}`);
  }
  const nowMs = Date.now();
  return {
    seed: settings.seed ?? Math.floor(Math.random() * 2 ** 32),
    runId: settings.runId ?? `k6-${nowMs.toString(36)}-${Math.random().toString(36).slice(2, 10)}`,
    startTimeMs: nowMs,
    topicPrefix: settings.topicPrefix,
    startedMs: nowMs,
    before,
  };
}

/**
 * One batch: the next one, whoever of the virtual users makes it.
 *
 * @param {Run} run
 */
export function publish(run) {
  const number = exec.scenario.iterationInTest;
  const plan = createPlan({ ...settings, seed: run.seed });
  const events = plan.indicesOfBatch(number).map((index) => eventAt(run, index));
  waitForTurn(number * settings.batchSize);

  const startedMs = Date.now();
  const response = publishUntilAnswered(JSON.stringify({ events }), `${run.runId}-batch-${number}`);
  publishDuration.add(Date.now() - startedMs);

  const answer = answerOf(response);
  const kept = check(response, {
    'is answered 202': ({ status }) => status === 202,
    'queues every event of the batch': () => answer?.queued === events.length,
    'names the batch': () => typeof answer?.batch_id === 'string',
  });
  if (kept) accepted.add(events.length);
  else giveUp(number, response);
}

/**
 * After the last event: waits until all is accounted for, and says what was counted since `setup`.
 *
 * @param {Run} run
 */
export function teardown(run) {
  const after = settled(run.before);
  received.add(after.received - run.before.received);
  unique.add(after.unique - run.before.unique);
  duplicate.add(after.duplicate - run.before.duplicate);
  deadLettered.add(after.deadLettered - run.before.deadLettered);
  accountedSeconds.add((Date.now() - run.startedMs) / 1_000);
}

/**
 * Text for people, then the result as one line of JSON: the last of standard output.
 *
 * @param {import('./summary.js').SummaryData} data
 */
export function handleSummary(data) {
  const { totalEvents: total } = settings;
  const result = resultOf(data, { total, unique: sizes.unique, duplicates: sizes.duplicates });
  return { stdout: `\n${describe(result)}\n${JSON.stringify(result)}\n` };
}

// ── publishing

/** Long enough for a gateway that is started again. */
const GIVE_UP_AFTER_MS = 60_000;
const FIRST_WAIT_SECONDS = 0.1;
const LONGEST_WAIT_SECONDS = 5;
const LONGEST_RETRY_AFTER_SECONDS = 30;
const PASSING_STATUSES = [408, 425, 429];

/**
 * The same bytes under the same Idempotency-Key until there is an answer: however often they arrive, they count once.
 *
 * @param {string} body
 * @param {string} key
 */
function publishUntilAnswered(body, key) {
  const deadlineMs = Date.now() + GIVE_UP_AFTER_MS;
  for (let attempt = 1; ; attempt += 1) {
    const response = http.post(`${settings.url}/publish`, body, {
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key, ...authorization() },
      tags: { name: 'publish' },
      timeout: '10s',
    });
    if (!isPassing(response) || Date.now() >= deadlineMs) return response;
    retries.add(1);
    sleep(waitSeconds(attempt, response));
  }
}

/** @param {import('k6/http').RefinedResponse<'text'>} response */
function isPassing(response) {
  const { status } = response;
  // 0: no answer. A 202 that was cut off: whether the batch was kept is not known.
  if (status === 0 || status >= 500 || PASSING_STATUSES.includes(status)) return true;
  return status === 202 && answerOf(response) === undefined;
}

/**
 * @param {number} attempt
 * @param {import('k6/http').RefinedResponse<'text'>} response
 */
function waitSeconds(attempt, response) {
  const ceiling = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** attempt);
  const retryAfter = Number(response.headers['Retry-After'] ?? 0);
  const atLeast = retryAfter > 0 ? Math.min(retryAfter, LONGEST_RETRY_AFTER_SECONDS) : 0;
  return atLeast + Math.random() * ceiling;
}

/** @param {number} eventsBefore those of the batches before this one */
function waitForTurn(eventsBefore) {
  if (settings.eventsPerSecond === 0) return;
  const dueMs = exec.scenario.startTime + (eventsBefore / settings.eventsPerSecond) * 1_000;
  const aheadMs = dueMs - Date.now();
  if (aheadMs > 0) sleep(aheadMs / 1_000);
}

/**
 * @param {number} number
 * @param {import('k6/http').RefinedResponse<'text'>} response
 */
function giveUp(number, response) {
  const said = response.status === 0 ? response.error : `${response.status} ${response.body}`;
  const what = `Batch ${number} was not accepted: ${said.slice(0, 500)}`;
  // what is refused now is refused always, and so are the others
  if (response.status >= 400 && response.status < 500 && !isPassing(response)) exec.test.abort(what);
  fail(what);
}

/**
 * @param {import('k6/http').RefinedResponse<'text'>} response
 * @returns {{ queued?: unknown, batch_id?: unknown } | undefined} undefined where it is no JSON object
 */
function answerOf(response) {
  try {
    const answer = JSON.parse(response.body);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Record<string, string>} */
function authorization() {
  return settings.apiKey === undefined ? {} : { Authorization: `Bearer ${settings.apiKey}` };
}

// ── figures

/**
 * What the gateway has counted: of the topics of this test, so that others may publish to other topics meanwhile;
 * in flight and dead letters of the whole system.
 *
 * @typedef {{ received: number, unique: number, duplicate: number, deadLettered: number, inFlight: number }} Figures
 */

/**
 * `GET /stats`, as far as it is read here.
 *
 * @typedef {object} Stats
 * @property {{ topic: string, received: number, unique_processed: number, duplicate_dropped: number }[]} by_topic
 * @property {number} dead_lettered
 * @property {number} in_flight
 */

const POLL_SECONDS = 0.1;
const LONGEST_POLL_SECONDS = 1;
/** What another run has left in flight would count for ours. */
const QUIET_SECONDS = 10;
let lastFailure = '';

/** @returns {Figures | undefined} undefined where the gateway cannot say now */
function readFigures() {
  const response = http.get(`${settings.url}/stats`, {
    headers: { ...authorization() },
    tags: { name: 'stats' },
    timeout: '10s',
  });
  if (response.status !== 200) {
    lastFailure = response.status === 0 ? response.error : `${response.status} ${response.body}`;
    return undefined;
  }
  /** @type {Stats} */
  const stats = JSON.parse(String(response.body));
  const ours = stats.by_topic.filter(({ topic }) => topics.includes(topic));
  return {
    received: sum(ours.map((topic) => topic.received)),
    unique: sum(ours.map((topic) => topic.unique_processed)),
    duplicate: sum(ours.map((topic) => topic.duplicate_dropped)),
    deadLettered: stats.dead_lettered,
    inFlight: stats.in_flight,
  };
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * The figures as soon as nothing is in flight, or after this long as they are then.
 *
 * @param {number} seconds
 */
function atRest(seconds) {
  const deadlineMs = Date.now() + seconds * 1_000;
  for (;;) {
    const figures = readFigures();
    if (figures?.inFlight === 0 || Date.now() >= deadlineMs) return figures;
    sleep(POLL_SECONDS);
  }
}

/** So many times in a row nothing is in flight, though events are missing: they will not come. */
const ENOUGH_QUIET_POLLS = 10;

/**
 * The figures when every event of the run is accounted for and nothing is in flight, when nothing is in flight any more,
 * or when nothing of ours has moved for SETTLE_TIMEOUT.
 *
 * @param {Figures} before
 * @returns {Figures}
 */
function settled(before) {
  let latest = before;
  let movedAtMs = Date.now();
  let pollSeconds = POLL_SECONDS;
  let quietPolls = 0;
  for (;;) {
    const figures = readFigures();
    if (figures !== undefined && figures.received !== latest.received) {
      movedAtMs = Date.now();
      pollSeconds = POLL_SECONDS;
    }
    latest = figures ?? latest;
    const all = latest.received - before.received >= settings.totalEvents;
    quietPolls = figures?.inFlight === 0 ? quietPolls + 1 : 0;
    if (quietPolls >= (all ? 1 : ENOUGH_QUIET_POLLS)) return latest;
    if (Date.now() - movedAtMs >= settings.settleSeconds * 1_000) return latest;
    sleep(pollSeconds);
    pollSeconds = Math.min(LONGEST_POLL_SECONDS, pollSeconds * 1.5);
  }
}
