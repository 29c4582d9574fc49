import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface SseMessage {
  /** `message` where none was sent. */
  readonly type: string;
  /** The last event ID as of this message. */
  readonly id: string;
  readonly data: string;
}

/** A client of server-sent events that does not come back by itself. */
export interface SseReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All that has been received. */
  readonly messages: readonly SseMessage[];
  /** What a client would resume with. */
  readonly lastEventId: string;
  /** Resolves when the stream has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Stops reading from the socket. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Connects, and resolves when the headers are there; of another answer than 200 the body is read as if it were messages. */
export async function openSse(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
  const request = get(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const messages: SseMessage[] = [];
  let lastEventId = '';
  let text = '';

  const read = (block: string): void => {
    const fields = new Map<string, string[]>();
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      fields.set(name, [...(fields.get(name) ?? []), value]);
    }
    lastEventId = fields.get('id')?.at(-1) ?? lastEventId;
    const data = fields.get('data');
    if (data !== undefined) {
      messages.push({
        type: fields.get('event')?.at(-1) ?? 'message',
        id: lastEventId,
        data: data.join('\n'),
      });
    }
  };

  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    blocks.forEach(read);
  });
  const ended = new Promise<void>((resolve) => {
    response.on('close', resolve);
  });
  response.on('error', () => {}); // the stream was cut off: it has ended
  request.on('error', () => {});

  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    messages,
    get lastEventId() {
      return lastEventId;
    },
    ended,
    pause: () => response.pause(),
    resume: () => response.resume(),
    close: () => request.destroy(),
  };
}
