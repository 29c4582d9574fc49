import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../config.ts';
import { readTracingSettings } from './settings.ts';

const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:4318';

describe('readTracingSettings', () => {
  it.each([
    ['nothing is set', {}],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['everything but the endpoint is set', { OTEL_TRACES_SAMPLER: 'nonsense', OTEL_SERVICE_NAME: 'x' }],
    ['the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'True' }],
    ['there is to be no exporter', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
  ])('exports nothing where %s', (_, env) => {
    expect(readTracingSettings(env)).toBeUndefined();
  });

  it.each([
    ['for all signals', { OTEL_EXPORTER_OTLP_ENDPOINT }],
    ['for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }],
  ])('exports to an endpoint %s, every trace that is not marked otherwise', (_, env) => {
    expect(readTracingSettings(env)).toMatchObject({ sampler: 'parentbased_always_on', ratio: 1 });
  });

  it('takes a sampler, a batch, and what the protocol should be', () => {
    const settings = readTracingSettings({
      OTEL_EXPORTER_OTLP_ENDPOINT,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    expect(settings).toEqual({
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
      maxQueueSize: undefined,
      maxExportBatchSize: undefined,
      scheduledDelayMillis: 200,
      exportTimeoutMillis: undefined,
      otherProtocol: 'grpc',
    });
  });

  it('names everything that is wrong, at once', () => {
    const wrong = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_TRACES_SAMPLER: 'some',
      OTEL_TRACES_SAMPLER_ARG: '1.5',
      OTEL_BSP_MAX_QUEUE_SIZE: '0',
    };
    const problems = Object.keys(wrong).map((name) => expect.stringMatching(`^${name} must be `));
    expect(() => readTracingSettings(wrong)).toThrow(ConfigurationError);
    expect(() => readTracingSettings(wrong)).toThrow(expect.objectContaining({ problems }));
  });
});
