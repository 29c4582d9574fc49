import type { RawSettings } from '../config.ts';
import type { Logger } from '../logger.ts';
import { readTracingSettings } from './settings.ts';
import { passThroughTracer, type Tracer } from './tracer.ts';

export interface OpenTracerOptions {
  /** `gateway`: in traces it is called `oncelog-gateway`, unless `OTEL_SERVICE_NAME` says otherwise. */
  readonly service: string;
  readonly version?: string | undefined;
  readonly log: Logger;
  readonly env: RawSettings;
}

/**
 * A tracer that exports to where `OTEL_EXPORTER_OTLP_ENDPOINT` says. Where nothing says so, it records nothing, hands on
 * the traces that others have begun, and loads none of OpenTelemetry.
 *
 * @throws {ConfigurationError} naming every variable that is wrong
 */
export async function openTracer({ env, ...about }: OpenTracerOptions): Promise<Tracer> {
  const settings = readTracingSettings(env);
  if (settings === undefined) return passThroughTracer;
  const { createOpenTelemetryTracer } = await import('./opentelemetry.ts');
  return createOpenTelemetryTracer({ ...about, now: () => performance.now() }, settings);
}
