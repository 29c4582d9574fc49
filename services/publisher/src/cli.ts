import { ConfigurationError, createLogger, loadConfig, type RawSettings } from '@oncelog/service-kit';
import { type PublisherConfig, PublisherSchema } from './config.ts';
import { helpText, readFlags } from './flags.ts';
import { createPublisher, type PublisherDeps } from './publisher.ts';
import { createLogReporter } from './report/log-reporter.ts';
import { resultLine } from './report/report.ts';
import type { Reporter } from './report/reporter.ts';
import { createTerminalReporter } from './report/terminal-reporter.ts';
import { StoppedBySignal } from './stopped-by-signal.ts';

export interface CliDeps extends Omit<PublisherDeps, 'reporter'> {
  readonly args: readonly string[];
  readonly env: RawSettings;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream;
}

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
    return await publish(deps, config, signal);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    deps.stderr.write(`oncelog-publisher: ${error.message}\n`);
    return 1;
  }
}

async function publish(deps: CliDeps, config: PublisherConfig, signal: AbortSignal): Promise<number> {
  const publisher = createPublisher({ ...deps, reporter: chooseReporter(deps, config) }, config);
  try {
    const report = await publisher.run(signal);
    deps.stdout.write(`${resultLine(report)}\n`);
    return report.differences.length === 0 ? 0 : 1;
  } catch (error) {
    // The reporter has said what went wrong.
    return error instanceof StoppedBySignal ? error.exitCode : 1;
  }
}

/** A person watches a terminal; whatever else reads along reads JSON lines. */
function chooseReporter({ stdout, stderr, clock }: CliDeps, { logLevel }: PublisherConfig): Reporter {
  if (stderr.isTTY) return createTerminalReporter(stderr);
  return createLogReporter(createLogger('publisher', logLevel, stdout), clock.monotonicMs);
}
