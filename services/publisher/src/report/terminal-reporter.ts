import { Presets, SingleBar } from 'cli-progress';
import { summary } from './report.ts';
import type { Reporter } from './reporter.ts';

/** Reports to a person: a progress bar, then a summary. */
export function createTerminalReporter(terminal: NodeJS.WriteStream): Reporter {
  const bar = new SingleBar(
    {
      stream: terminal,
      format: '{bar} {percentage}% | {value}/{total} events | {doing}',
      hideCursor: true,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  );
  const say = (text: string): void => {
    terminal.write(`${text}\n`);
  };
  return {
    started({ targetUrl, plan, seed, runId }) {
      say(`Publishing ${plan.total} events, ${plan.duplicates} of them duplicates, to ${targetUrl}`);
      say(`seed ${seed}, run id ${runId}`);
      bar.start(plan.total, 0, { doing: 'publishing' });
    },
    sent: (published) => bar.update(published, { doing: 'publishing' }),
    retrying: ({ request, reason }) => bar.update({ doing: `retrying ${request}: ${reason}` }),
    settling: (outstanding) => bar.update({ doing: `${outstanding} batches still to be applied` }),
    finished(report) {
      bar.update({ doing: 'done' });
      bar.stop();
      say(summary(report));
    },
    stopped({ error, published }) {
      if (bar.isActive) bar.stop();
      say(error instanceof Error ? error.message : String(error));
      say(`Stopped after ${published} events were accepted: nothing was checked.`);
    },
  };
}
