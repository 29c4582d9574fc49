/** A message of an event stream, as the HTML standard has it. */
export interface SseMessage {
  /** `message` where none was sent. */
  readonly type: string;
  /** The last event ID as of this message; empty where there was none yet. */
  readonly id: string;
  /** Undefined where the block had none: then it only moves the ID on. */
  readonly data: string | undefined;
}

export interface SseParser {
  /** Takes the next characters, wherever they were cut. @returns the messages that are complete now */
  push(text: string): SseMessage[];
  /** How long a client should wait before it comes back, where the server has said so. */
  readonly retryMs: number | undefined;
}

/** Reads `text/event-stream`. @param lastEventId of the connection before */
export function createSseParser(lastEventId: string): SseParser {
  let id = lastEventId;
  let type = '';
  let data: string[] | undefined;
  let touched = false;
  let rest = '';
  let retryMs: number | undefined;

  const readLine = (line: string): void => {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') type = value;
    else if (name === 'data') data = [...(data ?? []), value];
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
    else if (name === 'id' && !value.includes('\0')) {
      id = value;
      touched = true;
    }
  };
  const endBlock = (): SseMessage | undefined => {
    const message = { type: type || 'message', id, data: data?.join('\n') };
    const isOne = data !== undefined || touched;
    type = '';
    data = undefined;
    touched = false;
    return isOne ? message : undefined;
  };

  return {
    push(text) {
      const messages: SseMessage[] = [];
      // A CR at the end may be half of a line break: it waits for what follows.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = line === '' ? endBlock() : undefined;
        if (line !== '') readLine(line);
        if (message !== undefined) messages.push(message);
      }
      return messages;
    },
    get retryMs() {
      return retryMs;
    },
  };
}
