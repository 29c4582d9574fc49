const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** The reason of an abort that the operating system asked for. */
export class StoppedBySignal extends Error {
  readonly signal: keyof typeof EXIT_CODES;
  /** 128 and the signal's number, as shells report it. */
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`stopped by ${signal}`);
    this.name = 'StoppedBySignal';
    this.signal = signal;
    this.exitCode = EXIT_CODES[signal];
  }
}
