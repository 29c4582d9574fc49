import { writeSync } from 'node:fs';

/** What went wrong, for whoever reads stderr: never silence, and never a flood. */
export interface Report {
  /** A line was lost. The first one is told at once, all others of a period together when it is over. */
  lost(reason: string): void;
  /** Lines wait, because the gateway does not take them. Told once a period at most. */
  delayed(lines: number, reason: string): void;
  /** Tells what has not been told yet. */
  end(): void;
}

export interface ReportDeps {
  readonly write: (text: string) => void;
  readonly periodMs: number;
  readonly monotonicMs: () => number;
}

/** Reasons that are told apart in a period. */
const MAX_REASONS = 20;

export function createReport({ write, periodMs, monotonicMs }: ReportDeps): Report {
  const lost = new Map<string, number>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let delayedMs = Number.NEGATIVE_INFINITY;

  const say = (text: string): void => write(`@oncelog/pino-transport: ${text}\n`);
  const tell = (): boolean => {
    for (const [reason, count] of lost) say(`${lines(count)} lost: ${reason}`);
    const any = lost.size > 0;
    lost.clear();
    return any;
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    lost(given) {
      const reason = lost.has(given) || lost.size < MAX_REASONS ? given : 'other reasons';
      lost.set(reason, (lost.get(reason) ?? 0) + 1);
      if (timer !== undefined) return;
      tell();
      timer = setInterval(() => {
        if (!tell()) stop();
      }, periodMs);
      timer.unref();
    },
    delayed(count, reason) {
      if (monotonicMs() - delayedMs < periodMs) return;
      delayedMs = monotonicMs();
      say(`waiting to be delivered, ${lines(count)}: ${reason}`);
    },
    end() {
      stop();
      tell();
    },
  };
}

function lines(count: number): string {
  return `${count} log ${count === 1 ? 'line' : 'lines'}`;
}

const STDERR = 2;

/**
 * Writes to stderr at once. A worker's `process.stderr` goes through the main thread, which may be waiting for the worker, or
 * be gone.
 */
export function writeToStderr(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // a full or closed pipe: there is nowhere else to say it
  }
}
