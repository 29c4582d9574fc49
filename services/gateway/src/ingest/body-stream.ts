import type { IncomingMessage } from 'node:http';
import { type Duplex, PassThrough } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Problem } from '../problem.ts';

export interface BodyStreamOptions {
  /** A client that sends nothing for so long is cut off; every KiB that it sends earns it a second, up to this again. */
  readonly stallMs: number;
  /** So much may become of a body however small it was compressed; beyond it, the ratio is limited. */
  readonly freeBytes: number;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
}

/** The connection was closed before the body was whole: there is nobody to answer. */
export class ClientGoneError extends Error {
  constructor() {
    super('The client went away before its body was whole.');
    this.name = 'ClientGoneError';
  }
}

const TICK_MS = 250;
const EARNS_A_SECOND_BYTES = 1_024;

/** Beyond it a few bytes would keep us busy with nothing: lines that differ are not compressed so well. */
const MAX_RATIO = 200;

/** `bytesWritten` are the compressed bytes that were taken. */
type Decoder = Duplex & { readonly bytesWritten?: number };

const CHUNK = { chunkSize: 65_536 };
// silently they would end at what ends the format, and leave out the rest; gzip itself is made of any number of members
const WHOLE = { ...CHUNK, rejectGarbageAfterEnd: true };

const DECODERS: Readonly<Record<string, () => Decoder>> = {
  identity: () => new PassThrough(),
  gzip: () => createGunzip(CHUNK),
  deflate: () => createInflate(WHOLE),
  br: () => createBrotliDecompress(WHOLE),
};

/** Brotli's window; the others need some KiB. */
const BROTLI_BYTES = 16_777_216;

/** The memory that the decompression of a body may need. */
export function decoderBytes(request: IncomingMessage): number {
  return encodingOf(request) === 'br' ? BROTLI_BYTES : 0;
}

/**
 * The bytes of a body as they come, decompressed. The body may take as long as its client keeps sending. Nothing is read
 * that nobody asks for: who takes chunks slowly slows the client down.
 *
 * @throws {Problem} `unsupported-encoding`; while reading `request-timeout`, `body-too-large` and `stopping`
 * @throws {ClientGoneError} while reading
 * @throws what zlib throws, while reading
 */
export async function* bodyChunks(
  request: IncomingMessage,
  { stallMs, freeBytes, stopping }: BodyStreamOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = decoderOf(request);
  const fail = (error: Error): void => void decoder.destroy(error);
  let waiting = true;
  // what has come and is not decompressed yet is waited for by us, not by the client
  const isWaiting = (): boolean =>
    waiting && request.readableLength === 0 && decoder.writableLength === 0 && !request.complete;
  const watch = watchProgress(request, { stallMs, isWaiting, fail });
  const onClose = (): void => {
    if (!request.complete) fail(new ClientGoneError());
  };
  const onStop = (): void => fail(stopped());
  decoder.on('error', ignore); // thrown by the loop
  request.on('error', ignore).once('close', onClose); // an abort is told by the close that follows
  stopping.addEventListener('abort', onStop);
  try {
    if (stopping.aborted) throw stopped();
    // not pipeline: it would destroy the request, and the connection with it, when the decoder fails
    request.pipe(decoder);
    let bytes = 0;
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      waiting = false;
      bytes += chunk.length;
      const { bytesWritten: sent = bytes } = decoder;
      if (bytes > freeBytes + MAX_RATIO * sent) throw compressedTooWell();
      yield chunk;
      waiting = true;
    }
  } finally {
    clearInterval(watch);
    stopping.removeEventListener('abort', onStop);
    request.off('close', onClose);
    request.unpipe(decoder).resume(); // what is left is thrown away: the connection may be used again
    decoder.destroy();
  }
}

function encodingOf({ headers }: IncomingMessage): string {
  return (headers['content-encoding'] || 'identity').toLowerCase();
}

function decoderOf(request: IncomingMessage): Decoder {
  const encoding = encodingOf(request);
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (create !== undefined) return create();
  throw new Problem('unsupported-encoding', {
    detail: 'Content-Encoding may be gzip, deflate, br or identity.',
  });
}

interface Progress {
  readonly stallMs: number;
  /** Whether it is the client that is waited for. */
  readonly isWaiting: () => boolean;
  readonly fail: (error: Problem) => void;
}

/** Bytes are counted as they came, compressed. */
function watchProgress({ socket }: IncomingMessage, { stallMs, isWaiting, fail }: Progress): NodeJS.Timeout {
  let patienceMs = stallMs;
  let seen = socket.bytesRead;
  return setInterval(() => {
    const earnedMs = ((socket.bytesRead - seen) / EARNS_A_SECOND_BYTES) * 1_000;
    seen = socket.bytesRead;
    patienceMs = Math.min(stallMs, patienceMs + earnedMs) - (isWaiting() ? TICK_MS : 0);
    if (patienceMs <= 0) fail(tooSlow());
  }, TICK_MS);
}

function tooSlow(): Problem {
  return new Problem('request-timeout', {
    detail: 'The body came too slowly, or stopped coming. Send it again.',
  });
}

function compressedTooWell(): Problem {
  return new Problem('body-too-large', {
    detail: `The body decompresses to more than ${MAX_RATIO} times its size. Send it without compression.`,
  });
}

function stopped(): Problem {
  const detail =
    'The gateway stops. Send the body again: another one, or this one when it is back, takes it.';
  return new Problem('stopping', { detail, retryAfterSeconds: 1 });
}

function ignore(): void {}
