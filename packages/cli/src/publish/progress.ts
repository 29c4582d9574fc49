import cliProgress from 'cli-progress';
import { count, counted } from '../text.ts';
import type { Tally } from './tally.ts';

/** Tells a person how far it is. */
export interface Progress {
  /** @param doing what there is to say beside the figures */
  update(doing?: string): void;
  /** A line that stays, above the progress. */
  say(line: string): void;
  stop(): void;
}

export interface ProgressInput {
  readonly terminal: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly tally: Tally;
  /** Of the file; undefined where nobody knows how much there is. */
  readonly totalBytes: number | undefined;
  readonly monotonicMs: () => number;
}

const CLEAR_LINE = '\r\u001b[2K';

/** A line that moves, on a terminal; elsewhere only what is said. */
export function createProgress({ terminal, tally, totalBytes, monotonicMs }: ProgressInput): Progress {
  const say = (line: string): void => {
    terminal.write(`${terminal.isTTY ? CLEAR_LINE : ''}${line}\n`);
  };
  if (!terminal.isTTY) return { update() {}, say, stop() {} };
  const startedMs = monotonicMs();
  const bar = new cliProgress.SingleBar(
    {
      stream: terminal,
      format: totalBytes === undefined ? '{told}' : '{bar} {percentage}% | {told}',
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(totalBytes ?? 1, 0, { told: '' });
  return {
    update(doing) {
      const perSecond = Math.round(tally.accepted / Math.max(0.001, (monotonicMs() - startedMs) / 1000));
      const figures = [
        `${counted(tally.accepted, 'event')} accepted`,
        `${count(perSecond)}/s`,
        ...(tally.refused === 0 ? [] : [`${count(tally.refused)} refused`]),
        ...(doing === undefined ? [] : [doing]),
      ];
      const told = figures.join(', ');
      bar.update(totalBytes === undefined ? 0 : Math.min(tally.readBytes, totalBytes), { told });
    },
    say,
    stop: () => bar.stop(),
  };
}
