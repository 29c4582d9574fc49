import type { Client, DefaultName } from '@oncelog/client';
import type { Deadline } from '../session.ts';
import type { Item, RefusedLine } from './item.ts';
import { splitRefused } from './refusal.ts';

export interface Batch {
  readonly items: readonly Item[];
  readonly idempotencyKey: string | undefined;
}

export interface SenderDeps {
  readonly client: Pick<Client<DefaultName>, 'publishBatch'>;
  /** For one batch, until it is accepted. */
  readonly deadline: () => Deadline;
  readonly onAccepted: (batchId: string, events: number) => void;
  readonly onRefused: (refused: RefusedLine) => void;
  /** Something was met that is not the fault of an event: nothing more will be sent. */
  readonly onFailed: (error: unknown) => void;
}

/** Sends batches, a bounded number at a time. */
export interface Sender {
  /** Resolves when the batch is on its way, which may take until another one has arrived. @throws what {@link drained} would */
  send(batch: Batch): Promise<void>;
  /** Resolves when all batches are accepted or refused. @throws what was met first that is not the fault of an event */
  drained(): Promise<void>;
  /** The first line of the batches that are not known to have arrived; undefined where there is none. */
  unsettledLine(): number | undefined;
}

export function createSender(deps: SenderDeps, { concurrency }: { readonly concurrency: number }): Sender {
  const underWay = new Set<Promise<void>>();
  const unsettled = new Set<Batch>();
  let failure: { readonly error: unknown } | undefined;

  const throwIfFailed = (): void => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    async send(batch) {
      while (underWay.size >= concurrency) await Promise.race(underWay);
      throwIfFailed();
      unsettled.add(batch);
      const sending = deliver(deps, batch)
        .then(() => void unsettled.delete(batch))
        .catch((error: unknown) => {
          failure ??= { error };
          deps.onFailed(error);
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async drained() {
      while (underWay.size > 0) await Promise.race(underWay);
      throwIfFailed();
    },
    unsettledLine() {
      const lines = [...unsettled].flatMap(({ items }) => items[0]?.line ?? []);
      return lines.length === 0 ? undefined : Math.min(...lines);
    },
  };
}

/** Sends a batch, and, where some of its events are refused, the others without them. */
async function deliver(deps: SenderDeps, { items, idempotencyKey }: Batch): Promise<void> {
  const limit = deps.deadline();
  try {
    const options = { idempotencyKey, signal: limit.signal };
    const { batchId, queued } = await deps.client.publishBatch(
      items.map(({ event }) => event),
      options,
    );
    deps.onAccepted(batchId, queued);
    return;
  } catch (error) {
    const split = splitRefused(items, error);
    if (split === undefined) throw error;
    split.refused.forEach(deps.onRefused);
    for (const [number, part] of split.again.entries()) {
      await deliver(deps, { items: part, idempotencyKey: idempotencyKey && `${idempotencyKey}.${number}` });
    }
  } finally {
    limit.clear();
  }
}
