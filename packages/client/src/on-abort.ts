interface Listener {
  readonly stops: Set<() => void>;
  readonly run: () => void;
}

/** One listener a signal, however many calls share it. */
const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls `stop` when the signal aborts; it must not throw, and be given for one signal once. For a signal that ends a whole
 * application and is given to every call: Node.js 20 warns of a leak from the eleventh listener on.
 *
 * @returns takes it back; when all have, nothing is left on the signal
 */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const { stops, run } = listeners.get(signal) ?? listen(signal);
  stops.add(stop);
  return () => {
    if (!stops.delete(stop) || stops.size > 0) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', run);
  };
}

function listen(signal: AbortSignal): Listener {
  const stops = new Set<() => void>();
  const run = (): void => {
    for (const stop of stops) stop();
  };
  const listener = { stops, run };
  listeners.set(signal, listener);
  signal.addEventListener('abort', run, { once: true });
  return listener;
}
