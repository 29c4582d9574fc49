// Which events a run sends. Pure functions of their input and without state: each virtual user makes its batches by
// itself, and a duplicate is made again from its index, the same in every byte.

/**
 * What the events of a run depend on, besides their index.
 *
 * @typedef {object} RunIdentity
 * @property {number} seed
 * @property {string} runId Part of every event id: another run id makes fresh events.
 * @property {number} startTimeMs The events happened in the ten minutes before.
 * @property {string} topicPrefix
 */

/**
 * @typedef {object} Event
 * @property {string} topic
 * @property {string} event_id
 * @property {string} timestamp
 * @property {string} source
 * @property {Record<string, unknown>} payload
 */

const TOPICS = ['orders', 'payments', 'shipments', 'inventory', 'sessions'];
const CITIES = ['Köln', 'São Paulo', '東京', 'Łódź', 'Montréal', 'Boston'];
const CURRENCIES = ['EUR', 'USD', 'GBP', 'JPY'];
const WINDOW_MS = 600_000;

/**
 * The topics of a run: always these, so that runs don't fill the list of topics.
 *
 * @param {string} prefix
 */
export function topicsOf(prefix) {
  return TOPICS.map((topic) => `${prefix}.${topic}`);
}

/**
 * The unique event with this index.
 *
 * @param {RunIdentity} run
 * @param {number} index from 0
 * @returns {Event}
 */
export function eventAt({ seed, runId, startTimeMs, topicPrefix }, index) {
  /** @type {(place: number, below: number) => number} */
  const draw = (place, below) => hash(hash(seed + place) + index) % below;
  return {
    topic: `${topicPrefix}.${TOPICS[draw(1, TOPICS.length)]}`,
    event_id: `${runId}-${index}`,
    timestamp: new Date(startTimeMs - draw(2, WINDOW_MS)).toISOString(),
    source: `k6/${draw(3, 8)}`,
    payload: {
      id: `ord-${draw(4, 900_000) + 100_000}`,
      customer: { id: draw(5, 50_000), city: CITIES[draw(6, CITIES.length)] },
      amount: draw(7, 100_000) / 100,
      currency: CURRENCIES[draw(8, CURRENCIES.length)],
      lines: [{ sku: `sku-${draw(9, 5_000)}`, quantity: draw(10, 5) + 1 }],
      express: draw(11, 4) === 0,
    },
  };
}

/**
 * Which unique event stands at which position of a run: each at least once, and each further time is a duplicate.
 *
 * @param {{ totalEvents: number, duplicateRate: number, batchSize: number, seed: number }} input
 */
export function createPlan({ totalEvents, duplicateRate, batchSize, seed }) {
  const { unique, duplicates, batches } = sizesOf({ totalEvents, duplicateRate, batchSize });
  const stride = strideFor(totalEvents);
  const offset = hash(seed) % totalEvents;

  /** @param {number} position */
  const indexAt = (position) => {
    // every number below totalEvents comes up once; those from `unique` on are the duplicates, evenly spread
    const number = (position * stride + offset) % totalEvents;
    return number < unique ? number : hash(hash(seed) + number) % unique;
  };

  return {
    unique,
    duplicates,
    batches,
    /**
     * The unique events of batch `number`, from 0, as indices.
     *
     * @param {number} number
     */
    indicesOfBatch(number) {
      const from = number * batchSize;
      const length = Math.max(0, Math.min(batchSize, totalEvents - from));
      return Array.from({ length }, (_, i) => indexAt(from + i));
    },
  };
}

/**
 * How many events of a run are unique, how many repeat another one, and how many batches they make.
 *
 * @param {{ totalEvents: number, duplicateRate: number, batchSize: number }} input
 */
export function sizesOf({ totalEvents, duplicateRate, batchSize }) {
  // as binary fractions, 100 × 0.29 is 28.999999999999996
  const duplicates = Math.floor(Number((totalEvents * duplicateRate).toFixed(6)));
  return {
    unique: totalEvents - duplicates,
    duplicates,
    batches: Math.ceil(totalEvents / batchSize),
  };
}

/**
 * By the golden section neighbouring positions come to lie far apart; without a common divisor none is met twice.
 *
 * @param {number} total
 */
function strideFor(total) {
  let stride = Math.max(1, Math.floor(total * 0.618_034));
  while (commonDivisor(stride, total) !== 1) stride += 1;
  return stride;
}

/** @type {(a: number, b: number) => number} */
function commonDivisor(a, b) {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * A whole number from 0 to 2³² − 1. Source: the finaliser of MurmurHash3 (public domain).
 *
 * @param {number} number
 */
function hash(number) {
  let bits = number ^ (number >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
