import type { Static, TObject } from '@sinclair/typebox';
import { ConfigurationError, loadConfig } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { openTracer } from './tracing/open-tracer.ts';
import { readTracingSettings } from './tracing/settings.ts';
import type { Tracer } from './tracing/tracer.ts';

/** What a service gets when it starts. */
export interface ServiceContext<Config> {
  readonly config: Config;
  readonly log: Logger;
  /** Exports where OpenTelemetry's variables say so; closed last, so that it has what the stop has to tell. */
  readonly tracer: Tracer;
  /** Everything that was opened: closed in reverse order when the service stops. */
  readonly opened: AsyncDisposableStack;
  /** Stops the service from inside, as SIGTERM does, but with exit code 1. */
  readonly fail: (error: unknown) => void;
}

export interface ServiceDefinition<T extends TObject> {
  readonly name: string;
  readonly version?: string;
  /** Its properties include `logLevel`. */
  readonly schema: T;
  /** What is wrong with settings that are each right by themselves. */
  readonly problems?: (config: Static<T>) => string[];
  readonly start: (context: ServiceContext<Static<T>>) => Promise<void>;
  readonly process: NodeJS.Process;
}

/** A stop that takes longer than this is cut off, so that an orchestrator's own limit of 10 s is never met. */
const STOP_DEADLINE_MS = 9_000;
/** `EX_CONFIG` of sysexits.h: another try is in vain before something is changed. The local stack's supervisor makes none. */
const BAD_CONFIGURATION = 78;

/**
 * Runs a service until SIGTERM or SIGINT: reads its configuration, starts it, and closes what it opened in
 * reverse order. Exits 0 after a clean stop; 78 on a bad configuration; 1 on a failed start, a second signal, an
 * uncaught error, or a stop that takes too long.
 */
export async function runService<T extends TObject>(service: ServiceDefinition<T>): Promise<void> {
  const { process } = service;
  process.title = `oncelog-${service.name}`;
  const config = configOrExit(service);
  const log = createLogger(service.name, String((config as Record<string, unknown>)['logLevel'] ?? 'info'));
  const opened = new AsyncDisposableStack();
  let stopping = false;

  const stop = async (reason: string, exitCode: number): Promise<void> => {
    if (stopping) {
      log.warn({ reason }, 'second stop request, exiting at once');
      process.exit(1);
    }
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error({ deadlineMs: STOP_DEADLINE_MS }, 'did not stop in time, exiting');
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    process.exit(await closeAll(opened, log, exitCode));
  };
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, 'failed');
    void stop('failure', 1);
  };

  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const tracer = await openTracer({
      service: service.name,
      version: service.version,
      log,
      env: process.env,
    });
    opened.defer(() => tracer.close());
    await service.start({ config, log, tracer, opened, fail });
  } catch (error) {
    if (!stopping) fail(error);
  }
}

function configOrExit<T extends TObject>(service: ServiceDefinition<T>): Static<T> {
  const { name, schema, process } = service;
  const problems: string[] = [];
  const read = <Value>(settings: () => Value): Value | undefined => {
    try {
      return settings();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const config = read(() => loadConfig(schema, process.env));
  read(() => readTracingSettings(process.env));
  if (config !== undefined) problems.push(...(service.problems?.(config) ?? []));
  if (config !== undefined && problems.length === 0) return config;
  createLogger(name, 'fatal').fatal({ problems }, 'invalid configuration');
  return process.exit(BAD_CONFIGURATION);
}

async function closeAll(opened: AsyncDisposableStack, log: Logger, exitCode: number): Promise<number> {
  try {
    await opened.disposeAsync();
    log.info('stopped');
    return exitCode;
  } catch (error) {
    log.error({ err: error }, 'could not close everything');
    return 1;
  }
}
