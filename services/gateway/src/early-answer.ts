import type { Request, Response } from 'express';

/** So long the rest of a body is taken, and thrown away, after its answer. */
const LINGER_MS = 10_000;

/**
 * Answers a request whose body nobody reads to its end. What came together with the head is whole a turn of the event loop
 * later: then the connection stays as it is. A connection that is closed while bytes arrive is reset, and the client would
 * lose the answer with it: what it still sends is taken for a while. (Web servers know it as lingering close.)
 */
export function answerEarly(request: Request, response: Response, text: string): void {
  request.resume();
  setImmediate(() => {
    if (request.complete) response.send(text);
    else if (!request.destroyed) linger(request, response, text); // else there is nobody to answer
  });
}

function linger(request: Request, response: Response, text: string): void {
  const body = Buffer.from(text);
  response.set({ Connection: 'close', 'Content-Length': String(body.length) });
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end);
}
