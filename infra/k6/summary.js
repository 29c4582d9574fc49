// What a run ends with: a few lines for people, then one line of JSON as the publisher's.

/**
 * What k6 hands to `handleSummary`, as far as it is read here.
 *
 * @typedef {object} SummaryData
 * @property {Record<string, {
 *   values: Record<string, number>,
 *   thresholds?: Record<string, { ok: boolean }>,
 * }>} metrics
 * @property {{ seed: number, runId: string, startTimeMs: number }} [setup_data]
 */

/**
 * @param {SummaryData} data
 * @param {{ total: number, unique: number, duplicates: number }} expected
 * @throws {Error} where k6 hands over something else, as it does with --new-machine-readable-summary: it then prints its
 *   own summary, and its exit code stands
 */
export function resultOf(data, expected) {
  if (data.metrics?.['oncelog_events_accepted'] === undefined) {
    throw new Error('This is not the summary that k6 hands over by default.');
  }
  /** @type {(metric: string, value: string) => number} */
  const read = (metric, value) => round(data.metrics[metric]?.values[value] ?? 0);
  const published = read('oncelog_events_accepted', 'count');
  const received = read('oncelog_events_received', 'count');
  const unique = read('oncelog_events_unique', 'count');
  const duplicates = read('oncelog_events_duplicate', 'count');
  const seconds = read('oncelog_accounted_seconds', 'value');
  const differences = [
    differs('published', published, expected.total),
    differs('received', received, published),
    differs('unique_processed', unique, expected.unique),
    differs('duplicate_dropped', duplicates, expected.duplicates),
    received === expected.total && unique < expected.unique
      ? 'events of this run were stored before it: has another run used the same RUN_ID?'
      : '',
  ].filter((difference) => difference !== '');
  return {
    published,
    received,
    unique_processed: unique,
    duplicate_dropped: duplicates,
    seconds,
    events_per_second: seconds === 0 ? 0 : Math.round(received / seconds),
    dead_lettered: read('oncelog_events_dead_lettered', 'count'),
    exact: differences.length === 0,
    latency_ms: {
      p50: read('oncelog_publish_duration', 'med'),
      p90: read('oncelog_publish_duration', 'p(90)'),
      p99: read('oncelog_publish_duration', 'p(99)'),
      max: read('oncelog_publish_duration', 'max'),
    },
    retries: read('oncelog_publish_retries', 'count'),
    seed: data.setup_data?.seed,
    run_id: data.setup_data?.runId,
    start_time_ms: data.setup_data?.startTimeMs,
    differences,
    failed_thresholds: failedThresholds(data),
  };
}

/**
 * The result for a person.
 *
 * @param {ReturnType<typeof resultOf>} result
 */
export function describe(result) {
  const { latency_ms: latency } = result;
  const lines = [
    `${grouped(result.received)} events accounted for in ${result.seconds} s: ${grouped(result.events_per_second)} events/s`,
    `unique ${grouped(result.unique_processed)}, duplicates ${grouped(result.duplicate_dropped)}, dead letters ${grouped(result.dead_lettered)}`,
    `latency of a batch in ms: p50 ${latency.p50}, p90 ${latency.p90}, p99 ${latency.p99}, max ${latency.max}`,
    `retries ${grouped(result.retries)}, seed ${result.seed}, run id ${result.run_id}`,
    result.exact ? 'The figures are exact.' : 'The figures are NOT exact:',
    ...result.differences.map((difference) => `  ${difference}`),
    ...result.failed_thresholds.map((threshold) => `Threshold not met: ${threshold}`),
  ];
  return lines.join('\n');
}

/** @param {SummaryData} data */
function failedThresholds({ metrics }) {
  return Object.entries(metrics)
    .flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds)
        .filter(([, { ok }]) => !ok)
        .map(([expression]) => `${name} ${expression}`),
    )
    .sort();
}

/** @type {(name: string, actual: number, expected: number) => string} */
function differs(name, actual, expected) {
  return actual === expected ? '' : `${name} is ${actual}, expected ${expected}`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1_000) / 1_000;
}

/**
 * 20000 as 20,000. k6 has no `Intl`.
 *
 * @param {number} value
 */
function grouped(value) {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
