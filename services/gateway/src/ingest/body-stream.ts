import type { IncomingMessage } from 'node:http';
import { type Duplex, PassThrough } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Problem } from '../problem.ts';

export interface BodyStreamOptions {
  /** A client that sends nothing for so long is cut off; every KiB that it sends earns it a second, up to this again. */
  readonly stallMs: number;
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

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  identity: () => new PassThrough(),
  gzip: () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/**
 * The bytes of a body as they come, decompressed. The body may take as long as its client keeps sending. Nothing is read
 * that nobody asks for: who takes chunks slowly slows the client down.
 *
 * @throws {Problem} `unsupported-encoding`; while reading `request-timeout` and `stopping`
 * @throws {ClientGoneError} while reading
 * @throws what zlib throws, while reading
 */
export async function* bodyChunks(
  request: IncomingMessage,
  { stallMs, stopping }: BodyStreamOptions,
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
    for await (const chunk of decoder) {
      waiting = false;
      yield chunk as Buffer;
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

function decoderOf(request: IncomingMessage): Duplex {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
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

function stopped(): Problem {
  const detail =
    'The gateway stops. Send the body again: another one, or this one when it is back, takes it.';
  return new Problem('stopping', { detail, retryAfterSeconds: 1 });
}

function ignore(): void {}
