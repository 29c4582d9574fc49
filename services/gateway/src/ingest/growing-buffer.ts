const FIRST_BYTES = 4_096;

/** Bytes that are put together from pieces. Copied, so that no large chunk stays in memory for a small piece of it. */
export interface GrowingBuffer {
  readonly length: number;
  append(bytes: Uint8Array): void;
  /** All of it; it is empty then. */
  take(): Buffer;
}

export function createGrowingBuffer(): GrowingBuffer {
  let buffer = Buffer.alloc(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes) {
      const needed = length + bytes.length;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, 2 * buffer.length, FIRST_BYTES));
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      buffer.set(bytes, length);
      length = needed;
    },
    take() {
      const taken = buffer.subarray(0, length);
      buffer = Buffer.alloc(0);
      length = 0;
      return taken;
    },
  };
}
