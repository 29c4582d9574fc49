import type { Logger } from '@oncelog/service-kit';
import type { RequestHandler, Response } from 'express';
import { requestFields } from '../auth/principal.ts';
import type { LineLimit } from './line-limit.ts';

export interface UnreadAnswersDeps {
  readonly log: Logger;
  readonly lineLimit: LineLimit;
}

/** What the system takes off our hands at once is not worth a look. */
const SMALL_BYTES = 65_536;

/**
 * Bounds the answers that wait in memory for clients which do not take them: when there are too many bytes, the one that
 * has waited longest is cut off, until there are not.
 */
export function boundUnreadAnswers(
  { log, lineLimit }: UnreadAnswersDeps,
  { maxUnreadBytes }: { readonly maxUnreadBytes: number },
): RequestHandler {
  const unread = new Set<Response>(); // in the order in which they ended

  const cutOffBeyond = (): void => {
    let bytes = 0;
    for (const response of unread) bytes += response.writableLength;
    for (const response of unread) {
      if (bytes <= maxUnreadBytes) return;
      bytes -= response.writableLength;
      unread.delete(response);
      if (lineLimit.admits('unread-answer')) {
        const fields = { ...requestFields(response), waitingBytes: response.writableLength };
        log.warn(fields, 'client does not read: cut off');
      }
      response.req.socket.destroy(); // one that waits behind another has no socket of its own to close
    }
  };

  const look = (response: Response): void => {
    if (response.writableLength <= SMALL_BYTES || response.closed) return;
    unread.add(response);
    response.once('close', () => unread.delete(response));
    cutOffBeyond();
  };

  return (request, response, next) => {
    if (request.method === 'GET') {
      // not by an event: an answer that waits behind another one on its connection has none when it ends
      const end = response.end.bind(response) as (...args: unknown[]) => typeof response;
      response.end = ((...args: unknown[]) => {
        end(...args);
        look(response);
        return response;
      }) as typeof response.end;
    }
    next();
  };
}
