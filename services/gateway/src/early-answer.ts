import type { Request, Response } from 'express';

/** So long the rest of a body is taken, and thrown away, after its answer. */
const LINGER_MS = 10_000;

/**
 * Answers a request whose body has not come whole. A connection that is closed while bytes arrive is reset, and the
 * client would lose the answer with it: what it still sends is taken for a while. (Web servers know it as lingering close.)
 */
export function answerEarly(request: Request, response: Response, text: string): void {
  const body = Buffer.from(text);
  if (request.destroyed) return; // there is nobody to answer
  response.set({ Connection: 'close', 'Content-Length': String(body.length) });
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end);
  request.resume();
}
