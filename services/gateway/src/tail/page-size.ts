import { DatabaseDeadlineError } from '@oncelog/event-store';

const QUERY_CANCELED = '57014';

/** How many events to ask for at a time: fewer after a page took too long, because its events are large. */
export interface PageSize {
  readonly events: number;
  /** A page came: twice as many the next time, up to the most. */
  grow(): void;
  /** Whether a failure says that it was too much; a quarter the next time, but one. */
  isTooMuch(error: unknown): boolean;
}

export function createPageSize(most: number): PageSize {
  let events = most;
  return {
    get events() {
      return events;
    },
    grow() {
      events = Math.min(most, events * 2);
    },
    isTooMuch(error) {
      const { code } = error as { code?: unknown };
      if (code !== QUERY_CANCELED && !(error instanceof DatabaseDeadlineError)) return false;
      events = Math.max(1, Math.floor(events / 4));
      return true;
    },
  };
}
