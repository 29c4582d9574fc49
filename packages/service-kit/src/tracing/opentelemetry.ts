import {
  SpanKind as ApiSpanKind,
  type Context,
  type DiagLogger,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.ts';
import type { TracingSettings } from './settings.ts';
import { isSampled, spanIdOf, traceIdOf } from './traceparent.ts';
import type { Span, SpanAttributes, SpanOptions, Tracer } from './tracer.ts';

export interface OpenTelemetryDeps {
  readonly service: string;
  readonly version?: string | undefined;
  readonly log: Logger;
  /** Milliseconds since some moment; never goes back. */
  readonly now: () => number;
}

/** A service that stops has other things to finish within its 9 s. */
const CLOSE_WITHIN_MS = 2_000;
/** A collector that is away is worth one line in this time, not one at every export. */
const REPORT_EVERY_MS = 60_000;
const MAX_REASON_LENGTH = 300;

/**
 * Exports spans over OTLP/HTTP in JSON, in batches, beside the work. Spans wait in a queue of 2,048
 * (`OTEL_BSP_MAX_QUEUE_SIZE`); what finds it full is dropped: a collector that is slow, away or broken costs spans, and
 * nothing else.
 */
export function createOpenTelemetryTracer(deps: OpenTelemetryDeps, settings: TracingSettings): Tracer {
  const { log } = deps;
  diag.setLogger(createReporter(deps), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const { otherProtocol } = settings;
  if (otherProtocol !== undefined) {
    log.warn(
      { protocol: otherProtocol },
      'traces are exported as http/json, whatever OTEL_EXPORTER_OTLP_PROTOCOL says',
    );
  }
  const provider = new TracerProvider({
    resource: resourceOf(deps),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), ...batchingOf(settings) })],
  });
  const tracer = provider.getTracer('oncelog');

  return {
    exporting: true,
    startSpan(name, { kind, parent, links = [], attributes = {} }) {
      const isRemote = kind === 'server' || kind === 'consumer';
      const within = parent === undefined ? ROOT_CONTEXT : contextOf(parent, isRemote);
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes: defined(attributes),
          links: links.map((link) => ({ context: spanContextOf(link, isRemote) })),
        },
        within,
      );
      return asSpan(span);
    },
    close: () => closeWithin(provider, log),
  };
}

const KINDS: Readonly<Record<SpanOptions['kind'], ApiSpanKind>> = {
  server: ApiSpanKind.SERVER,
  producer: ApiSpanKind.PRODUCER,
  consumer: ApiSpanKind.CONSUMER,
  client: ApiSpanKind.CLIENT,
};

function spanContextOf(traceparent: string, isRemote: boolean): SpanContext {
  return {
    traceId: traceIdOf(traceparent),
    spanId: spanIdOf(traceparent),
    traceFlags: isSampled(traceparent) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote,
  };
}

function contextOf(traceparent: string, isRemote: boolean): Context {
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(traceparent, isRemote));
}

type ApiSpan = ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>;

function asSpan(span: ApiSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`,
    set: (attributes) => void span.setAttributes(defined(attributes)),
    rename: (name) => void span.updateName(name),
    end(error) {
      if (error !== undefined) {
        // the kind alone: a message of Postgres may quote an event
        span.setAttribute('error.type', errorType(error)).setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

function defined(attributes: SpanAttributes): Record<string, string | number | boolean> {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function errorType(error: unknown): string {
  if (typeof error === 'string') return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return (
    ([code, name].find((text) => typeof text === 'string' && text !== '') as string | undefined) ?? '_OTHER'
  );
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the last word. */
function resourceOf({ service, version }: OpenTelemetryDeps): Resource {
  const ours = resourceFromAttributes(
    defined({
      'service.name': `oncelog-${service}`,
      'service.namespace': 'oncelog',
      'service.version': version,
      'process.pid': process.pid,
    }),
  );
  return defaultResource()
    .merge(ours)
    .merge(detectResources({ detectors: [envDetector] }));
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  const name = sampler.replace(/^parentbased_/, '');
  const root =
    name === 'always_on'
      ? new AlwaysOnSampler()
      : name === 'always_off'
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** Only what is set: OpenTelemetry has its defaults for the rest. */
function batchingOf(settings: TracingSettings) {
  const { maxQueueSize, maxExportBatchSize, scheduledDelayMillis, exportTimeoutMillis } = settings;
  return {
    ...(maxQueueSize === undefined ? {} : { maxQueueSize }),
    ...(maxExportBatchSize === undefined ? {} : { maxExportBatchSize }),
    ...(scheduledDelayMillis === undefined ? {} : { scheduledDelayMillis }),
    ...(exportTimeoutMillis === undefined ? {} : { exportTimeoutMillis }),
  };
}

/** What OpenTelemetry has to complain about, in our log: the first at once, then one line a minute. */
function createReporter({ log, now }: OpenTelemetryDeps): DiagLogger {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let unreported = 0;
  const report = (message: string): void => {
    if (now() < quietUntil) {
      unreported += 1;
      return;
    }
    quietUntil = now() + REPORT_EVERY_MS;
    log.warn({ reason: reasonIn(message), unreported }, 'traces could not be exported');
    unreported = 0;
  };
  return { error: report, warn: report, info() {}, debug() {}, verbose() {} };
}

/** Errors arrive as JSON, with their stack. */
function reasonIn(message: string): string {
  try {
    const { message: reason, code, name } = JSON.parse(message) as Record<string, unknown>;
    const words = [reason, code, name].find((text) => typeof text === 'string' && text !== '');
    return String(words ?? message).slice(0, MAX_REASON_LENGTH);
  } catch {
    return message.slice(0, MAX_REASON_LENGTH);
  }
}

async function closeWithin(provider: TracerProvider, log: Logger): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(resolve, CLOSE_WITHIN_MS, 'late');
  try {
    const ended = await Promise.race([provider.shutdown(), late]);
    if (ended === 'late') log.warn({ reason: 'no time left' }, 'the last traces could not be exported');
  } catch (error) {
    log.warn({ reason: reasonIn(String(error)) }, 'the last traces could not be exported');
  } finally {
    clearTimeout(timer);
  }
}
