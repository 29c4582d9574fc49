// What a run can be told, by environment variables. Whatever is wrong is said at once, never replaced by a default.

/**
 * @typedef {object} Settings
 * @property {string} url Where the gateway is, without a slash at its end.
 * @property {string | undefined} apiKey
 * @property {number} totalEvents Duplicates included.
 * @property {number} duplicateRate From 0 to below 1.
 * @property {number} batchSize Events in one request.
 * @property {number} vus Requests in flight at a time.
 * @property {string} maxDuration Of sending, as k6 writes durations.
 * @property {number} eventsPerSecond 0: as fast as it goes.
 * @property {number | undefined} seed
 * @property {string | undefined} runId
 * @property {string} topicPrefix
 * @property {number} settleSeconds
 * @property {number} p95Ms
 * @property {number} p99Ms
 * @property {number} maxErrorRate
 */

const MAX_TOTAL_EVENTS = 50_000_000; // events.js multiplies two numbers of this size
const MAX_SETTLE_SECONDS = 3_000;

/**
 * @param {Record<string, string | undefined>} env
 * @returns {Settings}
 * @throws {Error} that names every setting that is wrong
 */
export function readSettings(env) {
  /** @type {string[]} */
  const problems = [];

  /** @param {string} name */
  const given = (name) => (env[name] === '' ? undefined : env[name]);

  /**
   * @param {string} name
   * @param {RegExp} pattern
   * @param {string} what
   */
  const text = (name, pattern, what) => {
    const value = given(name);
    if (value === undefined || pattern.test(value)) return value;
    problems.push(`${name} must be ${what}`);
    return undefined;
  };

  /**
   * @param {string} name
   * @param {number} from
   * @param {number} to
   */
  const integer = (name, from, to) => {
    const value = text(name, /^\d{1,15}$/, `a whole number from ${from} to ${to}`);
    if (value === undefined) return undefined;
    if (Number(value) >= from && Number(value) <= to) return Number(value);
    problems.push(`${name} must be a whole number from ${from} to ${to}`);
    return undefined;
  };

  /** @param {string} name */
  const share = (name) => {
    const what = 'a number from 0 to below 1, with at most 6 decimals';
    const value = text(name, /^0?(?:\.\d{1,6})?$/, what);
    return value === undefined ? undefined : Number(value);
  };

  const targetUrl = text('TARGET_URL', URL_PATTERN, 'http://host:port');
  const baseUrl = text('BASE_URL', URL_PATTERN, 'http://host:port');
  if (targetUrl !== undefined && baseUrl !== undefined && targetUrl !== baseUrl) {
    problems.push('TARGET_URL and BASE_URL are two names of one setting: give one of them');
  }

  const settings = {
    url: (targetUrl ?? baseUrl ?? 'http://127.0.0.1:8080').replace(/\/+$/, ''),
    apiKey: text('API_KEY', /^[\x21-\x7e]+$/, 'visible ASCII characters'),
    totalEvents: integer('TOTAL_EVENTS', 1, MAX_TOTAL_EVENTS) ?? 20_000,
    duplicateRate: share('DUPLICATE_RATE') ?? 0.3,
    batchSize: integer('BATCH_SIZE', 1, 1_000) ?? 100,
    vus: integer('VUS', 1, 10_000) ?? 8,
    maxDuration:
      text('DURATION', /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/, 'a duration such as 90s or 1h30m') ?? '10m',
    eventsPerSecond: integer('EVENTS_PER_SECOND', 0, 10_000_000) ?? 0,
    seed: integer('SEED', 0, 4_294_967_295),
    runId: text('RUN_ID', NAME_PATTERN, 'up to 64 letters, digits, dots, dashes and underscores'),
    topicPrefix:
      text('TOPIC_PREFIX', NAME_PATTERN, 'up to 64 letters, digits, dots, dashes and underscores') ??
      'load-test',
    settleSeconds: integer('SETTLE_TIMEOUT', 0, MAX_SETTLE_SECONDS) ?? 120,
    p95Ms: integer('P95_MS', 1, 600_000) ?? 500,
    p99Ms: integer('P99_MS', 1, 600_000) ?? 1_000,
    maxErrorRate: share('MAX_ERROR_RATE') ?? 0.01,
  };
  if (problems.length > 0) throw new Error(`The settings are wrong:\n  ${problems.join('\n  ')}`);
  return settings;
}

const URL_PATTERN = /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/;
const NAME_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
