import { once } from 'node:events';

/** Standard output, at the pace of whoever reads it. */
export interface Output {
  /** Resolves when the text is taken over. @throws the signal's reason where it aborts meanwhile */
  write(text: string): Promise<void>;
  /** A value as one line of JSON. */
  json(value: unknown): Promise<void>;
}

export function createOutput(stream: NodeJS.WritableStream, signal: AbortSignal): Output {
  const write = async (text: string): Promise<void> => {
    signal.throwIfAborted();
    if (stream.write(text)) return;
    try {
      await once(stream, 'drain', { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  };
  return { write, json: (value) => write(`${JSON.stringify(value)}\n`) };
}
