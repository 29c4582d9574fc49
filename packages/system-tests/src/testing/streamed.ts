import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

/** A body for fetch that is sent as it comes. */
export function streamed(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): RequestInit {
  const body: NodeReadableStream = Readable.toWeb(Readable.from(chunks));
  // The types of fetch are the browser's, which do not know `duplex` yet.
  const init = { body: body as ReadableStream, duplex: 'half' };
  return init;
}
