/** The wish that the program ends, as it comes in by signals. */
export interface StopRequest {
  /** Aborted by the first request. */
  readonly signal: AbortSignal;
  /** What to do when a second one says that it must be now. */
  onKill(kill: () => void): void;
}

/**
 * One Ctrl-C arrives several times: from the terminal, from npm and from the bootstrap. What follows the first request this
 * closely is the same one; what comes later means "now".
 */
export const SAME_REQUEST_MS = 300;

export interface StopRequestDeps {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly exit: (code: number) => void;
}

export interface StopRequestSource {
  readonly request: StopRequest;
  /** For every signal to call. */
  readonly receive: () => void;
  /** As the second request does: kills everything and exits with 1. */
  readonly kill: () => void;
}

/** Turns signals into one request to stop, and a second one into killing. */
export function createStopRequest({ now, exit }: StopRequestDeps): StopRequestSource {
  const controller = new AbortController();
  const kills: (() => void)[] = [];
  let firstAt: number | undefined;
  const kill = (): void => {
    for (const killOne of kills) killOne();
    exit(1);
  };
  return {
    kill,
    request: { signal: controller.signal, onKill: (killOne) => kills.push(killOne) },
    receive() {
      if (firstAt === undefined) {
        firstAt = now();
        controller.abort();
      } else if (now() - firstAt > SAME_REQUEST_MS) {
        kill();
      }
    },
  };
}
