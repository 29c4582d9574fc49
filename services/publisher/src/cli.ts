import {
  ConfigurationError,
  createLogger,
  type HttpServer,
  loadConfig,
  openTracer,
  type RawSettings,
  serveOperations,
} from '@oncelog/service-kit';
import { type PublisherConfig, PublisherSchema } from './config.ts';
import { helpText, readFlags } from './flags.ts';
import { createPublisherMetrics, type PublisherMetrics } from './metrics.ts';
import { createPublisher, type PublisherDeps } from './publisher.ts';
import { createLogReporter } from './report/log-reporter.ts';
import { resultLine } from './report/report.ts';
import type { Reporter } from './report/reporter.ts';
import { createTerminalReporter } from './report/terminal-reporter.ts';
import { StoppedBySignal } from './stopped-by-signal.ts';
import { VERSION } from './version.ts';

export interface CliDeps extends Omit<PublisherDeps, 'reporter'> {
  readonly args: readonly string[];
  readonly env: RawSettings;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream;
  /** Ends the process soon, though others may still owe it an answer. */
  readonly leave?: () => void;
}

/** As shells and `oncelog` have it. */
const CALLED_WRONGLY = 2;

/**
 * The command: reads settings, runs, prints.
 *
 * @returns the exit code: 0 only where the figures are exact
 */
export async function runCli(deps: CliDeps, signal: AbortSignal): Promise<number> {
  try {
    const flags = readFlags(PublisherSchema, deps.args);
    if (flags.outcome === 'help') {
      deps.stdout.write(`${helpText(PublisherSchema)}\n`);
      return 0;
    }
    const config = loadConfig(PublisherSchema, { ...deps.env, ...flags.settings });
    return await publishTraced(deps, config, signal);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    deps.stderr.write(`oncelog-publisher: ${error.message}\n`);
    return CALLED_WRONGLY;
  }
}

/** @throws {ConfigurationError} OpenTelemetry's variables are wrong */
async function publishTraced(deps: CliDeps, config: PublisherConfig, signal: AbortSignal): Promise<number> {
  const log = createLogger('publisher', config.logLevel, deps.stderr);
  const tracer = await openTracer({ service: 'publisher', version: VERSION, log, env: deps.env });
  try {
    return await publish({ ...deps, tracer }, config, signal);
  } finally {
    await tracer.close();
    if (tracer.exporting) deps.leave?.(); // a collector that does not answer
  }
}

async function publish(deps: CliDeps, config: PublisherConfig, signal: AbortSignal): Promise<number> {
  const metrics = config.metricsPort === undefined ? undefined : createPublisherMetrics();
  const reporter = chooseReporter(deps, config);
  const publisher = createPublisher({ ...deps, reporter, metrics }, config);
  const server = await serve(deps, config, metrics);
  try {
    const report = await publisher.run(signal);
    deps.stdout.write(`${resultLine(report)}\n`);
    return report.differences.length === 0 ? 0 : 1;
  } catch (error) {
    // The reporter has said what went wrong.
    return error instanceof StoppedBySignal ? error.exitCode : 1;
  } finally {
    await server?.close();
  }
}

/** @throws {ConfigurationError} the port is taken, or may not be used */
async function serve(
  { stderr, clock }: CliDeps,
  { metricsPort: port, host }: PublisherConfig,
  metrics: PublisherMetrics | undefined,
): Promise<HttpServer | undefined> {
  if (port === undefined || metrics === undefined) return undefined;
  const deps = { registry: metrics.registry, checks: {}, now: () => new Date(clock.now()) };
  try {
    const server = await serveOperations(deps, { host, port });
    if (port === 0) stderr.write(`oncelog-publisher: metrics at http://${host}:${server.port}/metrics\n`);
    return server;
  } catch (error) {
    throw new ConfigurationError([`METRICS_PORT: metrics cannot be served: ${(error as Error).message}`]);
  }
}

/** A person watches a terminal; whatever else reads along reads JSON lines. */
function chooseReporter({ stdout, stderr, clock }: CliDeps, { logLevel }: PublisherConfig): Reporter {
  if (stderr.isTTY) return createTerminalReporter(stderr);
  return createLogReporter(createLogger('publisher', logLevel, stdout), clock.monotonicMs);
}
