/**
 * The stream could not be reached, or did not answer in time. Whether a command that was under way took effect
 * is unknown: a frozen server may still apply it when it wakes up.
 */
export class StreamUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamUnavailableError';
  }
}

/** Redis answered that it does not take the write: nothing was written. */
export class StreamRefusedError extends Error {
  /** The first word of Redis's answer: OOM, MISCONF, READONLY, LOADING, NOPERM … */
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(`Redis refused the command: ${code}`, options);
    this.name = 'StreamRefusedError';
    this.code = code;
  }
}

/** Error replies start with a word in capitals; every other failure is one of the connection. */
const ERROR_REPLY = /^([A-Z]+) /;

/** Sorts what node-redis throws into refused (nothing happened) and unavailable (outcome unknown). */
export function streamError(error: unknown): Error {
  if (error instanceof StreamUnavailableError || error instanceof StreamRefusedError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = ERROR_REPLY.exec(message)?.[1];
  if (code !== undefined) return new StreamRefusedError(code, { cause: error });
  return new StreamUnavailableError('Redis is not available', { cause: error });
}
