import type { ClientOptions } from '../client.ts';
import type { RetryNotice } from '../retry.ts';

export interface RecordedTime {
  readonly options: Required<Pick<ClientOptions, 'sleep' | 'now' | 'random' | 'onRetry'>>;
  /** The waits that were asked for. None of them takes any time. */
  readonly waits: number[];
  readonly notices: RetryNotice[];
}

/** The clock stands still at this instant. */
export const NOW = Date.UTC(2026, 0, 1);

/** Time that passes at once and is written down; jitter is always half of its range. */
export function recordedTime(): RecordedTime {
  const waits: number[] = [];
  const notices: RetryNotice[] = [];
  const options: RecordedTime['options'] = {
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      waits.push(ms);
    },
    now: () => NOW,
    random: () => 0.5,
    onRetry: (notice) => notices.push(notice),
  };
  return { options, waits, notices };
}
