import type { Item } from './item.ts';
import type { Batch, Sender } from './sender.ts';

export interface CollectorConfig {
  readonly maxEvents: number;
  /** Of a batch; a larger event goes alone. */
  readonly maxBytes: number;
  /** A batch that is not full goes out after so long; undefined: only at the end. */
  readonly lingerMs: number | undefined;
  /** Begins the key of each batch; its place follows. */
  readonly keyPrefix: string | undefined;
}

/** Collects events into batches for a sender. */
export interface Collector {
  /** Resolves when there is room for more. @throws what the sender does */
  add(item: Item): Promise<void>;
  /** Sends what is left. */
  end(): Promise<void>;
  /** The first line that is waiting here. */
  waitingLine(): number | undefined;
}

export function createCollector(sender: Sender, config: CollectorConfig): Collector {
  let items: Item[] = [];
  let bytes = 0;
  let batches = 0;
  let timer: NodeJS.Timeout | undefined;
  /** One batch after the other is handed over: the timer's may wait for room when the next is full. */
  let handingOver = Promise.resolve();
  let isWaiting = false;

  const send = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (items.length === 0) return handingOver;
    const key = config.keyPrefix === undefined ? undefined : `${config.keyPrefix}/${batches}`;
    const batch: Batch = { items, idempotencyKey: key };
    batches++;
    items = [];
    bytes = 0;
    isWaiting = true;
    const handedOver = handingOver
      .then(() => sender.send(batch))
      .finally(() => {
        if (handingOver === handedOver) isWaiting = false;
      });
    handingOver = handedOver;
    handedOver.catch(() => {}); // whoever adds next is told
    return handedOver;
  };

  /** While a batch waits for room, the next one goes on growing: what waits here is bounded. */
  const sendWaiting = (): void => {
    timer = undefined;
    if (isWaiting) timer = setTimeout(sendWaiting, config.lingerMs);
    else void send();
  };

  return {
    async add(item) {
      const isFull = items.length >= config.maxEvents || bytes + item.bytes > config.maxBytes;
      if (items.length > 0 && isFull) await send();
      items.push(item);
      bytes += item.bytes;
      if (items.length >= config.maxEvents) await send();
      else if (config.lingerMs !== undefined) timer ??= setTimeout(sendWaiting, config.lingerMs);
    },
    end: send,
    waitingLine: () => items[0]?.line,
  };
}
