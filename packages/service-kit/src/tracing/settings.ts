import { ConfigurationError, type RawSettings } from '../config.ts';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** What of OpenTelemetry's own variables is read here; its exporter reads those of `OTEL_EXPORTER_OTLP_*`. */
export interface TracingSettings {
  readonly sampler: (typeof SAMPLERS)[number];
  /** Share of the traces that are recorded, from 0 to 1: for the samplers by ratio. */
  readonly ratio: number;
  /** Undefined: OpenTelemetry's default. */
  readonly maxQueueSize: number | undefined;
  readonly maxExportBatchSize: number | undefined;
  readonly scheduledDelayMillis: number | undefined;
  readonly exportTimeoutMillis: number | undefined;
  /** What the exporter was told to speak, where that is not what it speaks. */
  readonly otherProtocol: string | undefined;
}

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];

/**
 * Reads the standard variables of OpenTelemetry
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). An empty one counts as not set.
 *
 * @returns undefined where traces are not to be exported
 * @throws {ConfigurationError} naming every variable that is wrong
 */
export function readTracingSettings(env: RawSettings): TracingSettings | undefined {
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const isOff =
    text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || text('OTEL_TRACES_EXPORTER') === 'none';
  if (isOff || ENDPOINTS.every((name) => text(name) === undefined)) return undefined;

  const problems: string[] = [];
  const read = <T>(name: string, fallback: T, parse: Parser<T>): T => {
    const given = text(name);
    if (given === undefined) return fallback;
    const value = parse.read(given);
    if (value === undefined)
      problems.push(`${name} must be ${parse.expected}, but is ${JSON.stringify(given)}`);
    return value ?? fallback;
  };
  for (const name of ENDPOINTS) read(name, '', ADDRESS);
  const settings = {
    sampler: read('OTEL_TRACES_SAMPLER', 'parentbased_always_on', SAMPLER),
    ratio: read('OTEL_TRACES_SAMPLER_ARG', 1, RATIO),
    maxQueueSize: read('OTEL_BSP_MAX_QUEUE_SIZE', undefined, COUNT),
    maxExportBatchSize: read('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', undefined, COUNT),
    scheduledDelayMillis: read('OTEL_BSP_SCHEDULE_DELAY', undefined, COUNT),
    exportTimeoutMillis: read('OTEL_BSP_EXPORT_TIMEOUT', undefined, COUNT),
    otherProtocol: PROTOCOLS.map(text).find((protocol) => protocol !== undefined && protocol !== 'http/json'),
  };
  if (problems.length > 0) throw new ConfigurationError(problems);
  return settings;
}

interface Parser<T> {
  readonly expected: string;
  readonly read: (text: string) => T | undefined;
}

const ADDRESS: Parser<string> = {
  expected: 'a URL that begins with http:// or https://',
  read: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
};

const SAMPLER: Parser<TracingSettings['sampler']> = {
  expected: `one of ${SAMPLERS.join(', ')}`,
  read: (text) => SAMPLERS.find((sampler) => sampler === text),
};

const RATIO: Parser<number> = {
  expected: 'a number from 0 to 1',
  read: (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 1 ? Number(text) : undefined),
};

const COUNT: Parser<number | undefined> = {
  expected: 'an integer from 1 to 2147483647',
  read: (text) =>
    /^\d{1,10}$/.test(text) && Number(text) >= 1 && Number(text) <= 2_147_483_647 ? Number(text) : undefined,
};
