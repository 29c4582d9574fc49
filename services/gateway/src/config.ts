import { isIPv4 } from 'node:net';
import { MAX_BODY_BYTES, MAX_EVENTS_PER_BATCH } from '@oncelog/event-schema';
import { sharedSettings } from '@oncelog/service-kit';
import { type Static, Type } from '@sinclair/typebox';
import { asksForKeys } from './auth/open-keys.ts';
import { parseKeys } from './auth/stored-keys.ts';
import { limitSettings } from './limits/settings.ts';

/** Settings of the gateway. Variables: the names in capitals, `maxBodyBytes` → `MAX_BODY_BYTES`. */
export const gatewayConfig = Type.Object({
  ...sharedSettings,
  port: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    description: 'Port of the HTTP server; 0 takes any free one.',
  }),
  maxEventsPerBatch: Type.Integer({
    default: MAX_EVENTS_PER_BATCH,
    minimum: 1,
    maximum: 100_000,
    unit: 'events',
    description: 'Most events that one request may bring.',
  }),
  maxBodyBytes: Type.Integer({
    default: MAX_BODY_BYTES,
    minimum: 1_024,
    maximum: 16_777_216,
    unit: 'bytes',
    description: 'Largest request body, after decompression; of a body of lines (NDJSON), the largest line.',
  }),
  maxNdjsonBytes: Type.Integer({
    default: 1_073_741_824,
    minimum: 1_024,
    maximum: 1_000_000_000_000,
    unit: 'bytes',
    description: 'Largest body of lines (NDJSON), after decompression. It is never in memory as a whole.',
  }),
  bodyStallMs: Type.Integer({
    default: 20_000,
    minimum: 1_000,
    maximum: 25_000,
    unit: 'ms',
    description:
      'A client that sends lines is cut off when it sends nothing for so long. Each KiB that it sends earns it a second, up to this again.',
  }),
  maxInFlightBytes: Type.Integer({
    default: 134_217_728,
    minimum: 1_024,
    maximum: 10_737_418_240,
    unit: 'bytes',
    description:
      'Request bodies in memory at one time, compressed ones taken for the largest; beyond it requests get 503.',
  }),
  maxBacklogEvents: Type.Integer({
    default: 5_000_000,
    minimum: 1,
    maximum: 1_000_000_000_000,
    unit: 'events',
    description: 'Events of a shard that may wait for the consumers; beyond it requests get 503.',
  }),
  maxBacklogBytes: Type.Integer({
    default: 1_073_741_824,
    minimum: 1_024,
    maximum: 1_000_000_000_000_000,
    unit: 'bytes',
    description: 'The same in bytes.',
  }),
  databaseConnections: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 200,
    unit: 'connections',
    description: 'Most connections to Postgres, for queries.',
  }),
  queryTimeoutMs: Type.Integer({
    default: 2_500,
    minimum: 100,
    maximum: 600_000,
    unit: 'ms',
    description:
      'Postgres ends a query that takes longer; where it says nothing, the client has its 503 two seconds later.',
  }),
  maxEventStreams: Type.Integer({
    default: 200,
    minimum: 0,
    maximum: 100_000,
    unit: 'connections',
    description: 'Most clients that may listen to GET /tail and GET /live at a time; beyond it they get 503.',
  }),
  apiKeysFile: Type.Optional(
    Type.String({
      form: 'a file',
      description:
        'The API keys, as `oncelog keys` writes them. A change counts within 2 seconds. With keys, every request but those for health and pages needs one.',
    }),
  ),
  apiKeys: Type.Optional(
    Type.String({
      secret: true,
      form: 'JSON, as in the file',
      description: 'The same in place of a file.',
    }),
  ),
  allowAnonymous: Type.Boolean({
    default: false,
    description:
      'Without keys, listen on other addresses than those of this machine all the same. Whoever reaches them may do everything.',
  }),
  sessionSecret: Type.Optional(
    Type.String({
      secret: true,
      pattern: '^(.{32,})?$',
      form: 'text of at least 32 characters',
      description:
        'Signs the sessions of browsers; the same for all gateways behind one address. Default: random at each start.',
    }),
  ),
  ...limitSettings,
  auditIntervalMs: Type.Integer({
    default: 60_000,
    minimum: 0,
    maximum: 86_400_000,
    unit: 'ms',
    description: 'How long after an audit the next one begins by itself; 0 turns this off.',
  }),
  auditTimeoutMs: Type.Integer({
    default: 120_000,
    minimum: 1_000,
    maximum: 3_600_000,
    unit: 'ms',
    description:
      'Postgres ends an audit that takes longer. Counting every row takes a second for some millions.',
  }),
});

export type GatewayConfig = Static<typeof gatewayConfig>;

/** What no single setting can say of itself: limits below which every valid request would be refused for ever, and who may come in. */
export function configProblems(config: GatewayConfig): string[] {
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string) => holds || problems.push(problem);
  const { maxBodyBytes, maxEventsPerBatch, maxInFlightBytes, maxBacklogBytes, maxBacklogEvents } = config;
  demand(maxInFlightBytes >= maxBodyBytes, 'MAX_IN_FLIGHT_BYTES must be at least MAX_BODY_BYTES');
  demand(maxBacklogBytes >= maxBodyBytes, 'MAX_BACKLOG_BYTES must be at least MAX_BODY_BYTES');
  demand(maxBacklogEvents >= maxEventsPerBatch, 'MAX_BACKLOG_EVENTS must be at least MAX_EVENTS_PER_BATCH');
  problems.push(...keyProblems(config));
  return problems;
}

function keyProblems(config: GatewayConfig): string[] {
  const { host, apiKeys, apiKeysFile, allowAnonymous } = config;
  if (!asksForKeys(config)) {
    if (allowAnonymous || isLoopback(host)) return [];
    return [
      `HOST is ${host}, which others can reach, and there are no API keys: set API_KEYS_FILE to a file made by \`oncelog keys create\`, or ALLOW_ANONYMOUS=true to let everybody in`,
    ];
  }
  if (apiKeys && apiKeysFile) return ['API_KEYS and API_KEYS_FILE are both set: choose one'];
  const parsed = apiKeys ? parseKeys(apiKeys) : undefined;
  return parsed?.outcome === 'invalid' ? parsed.problems.map((problem) => `API_KEYS: ${problem}`) : [];
}

/** An address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
