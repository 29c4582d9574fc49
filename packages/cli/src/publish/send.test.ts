import {
  type EventInput,
  InvalidEventError,
  type PublishBatchOptions,
  PublishRejectedError,
  rawJson,
} from '@oncelog/client';
import { expect, test, vi } from 'vitest';
import { createCollector } from './collector.ts';
import { type Item, itemOf, type RefusedLine } from './item.ts';
import { createSender, type SenderDeps } from './sender.ts';

const item = (line: number): Item => ({ line, event: rawJson(`{"n":${line}}`), bytes: 8 });
const linesOf = (events: readonly EventInput[]) =>
  events.map((event) => (JSON.parse((event as Item['event']).text) as { n: number }).n);
const rejected = (status: number, errors?: { pointer: string; rule: string; detail: string }[]) =>
  new PublishRejectedError('POST /publish', {
    status,
    problem: {
      type: 't',
      title: 'T',
      status,
      detail: 'D',
      code: 'c',
      request_id: 'r',
      ...(errors === undefined ? {} : { errors }),
    },
  });

/** A sender over a gateway that answers as `answer` says: undefined accepts. */
function senderOver(answer: (lines: number[], options: PublishBatchOptions) => unknown, concurrency = 2) {
  const accepted: number[][] = [];
  const refused: RefusedLine[] = [];
  const failures: unknown[] = [];
  const deps: SenderDeps = {
    client: {
      async publishBatch(events, options = {}) {
        const lines = linesOf(events as EventInput[]);
        const error = await answer(lines, options);
        if (error !== undefined) throw error;
        accepted.push(lines);
        return { batchId: 'b', queued: lines.length, attempts: 1 };
      },
    },
    deadline: () => ({ signal: new AbortController().signal, clear() {} }),
    onAccepted() {},
    onRefused: (line) => refused.push(line),
    onFailed: (error) => failures.push(error),
  };
  return { sender: createSender(deps, { concurrency }), accepted, refused, failures };
}

const batch = (...lines: number[]) => ({ items: lines.map(item), idempotencyKey: undefined });

test('lines that the answer points at are refused, the others go on', async () => {
  const { sender, accepted, refused } = senderOver((lines) => {
    const errors = lines.flatMap((line, index) =>
      line % 2 === 0 ? [{ pointer: `/events/${index}/timestamp`, rule: 'timestamp', detail: 'no' }] : [],
    );
    return errors.length > 0 ? rejected(422, errors) : undefined;
  });
  await sender.send(batch(1, 2, 3, 4));
  await sender.drained();

  expect(accepted).toEqual([[1, 3]]);
  expect(refused).toEqual(
    [2, 4].map((line) => ({ line, errors: [{ pointer: '/timestamp', rule: 'timestamp', detail: 'no' }] })),
  );
});

test('where it points at none, halving finds the line', async () => {
  const { sender, accepted, refused } = senderOver((lines) =>
    lines.includes(5) ? rejected(400) : undefined,
  );
  await sender.send(batch(1, 2, 3, 4, 5, 6, 7));
  await sender.drained();

  expect(accepted.flat().sort()).toEqual([1, 2, 3, 4, 6, 7]);
  expect(refused).toEqual([{ line: 5, errors: [{ pointer: '', rule: 'c', detail: 'D' }] }]);
});

test('what the client itself finds wrong is refused by its line', async () => {
  const { sender, accepted, refused } = senderOver((lines) => {
    const index = lines.indexOf(2);
    return index === -1 ? undefined : new InvalidEventError(index, '/topic', 'it is required');
  });
  await sender.send(batch(1, 2, 3));
  await sender.drained();

  expect(accepted).toEqual([[1, 3]]);
  expect(refused).toEqual([
    { line: 2, errors: [{ pointer: '/topic', rule: 'event', detail: 'it is required' }] },
  ]);
});

test('numbers that are too large together are sent apart', async () => {
  const { sender, accepted, refused } = senderOver((lines) =>
    lines.length > 1 && lines.includes(2)
      ? rejected(422, [
          { pointer: `/events/${lines.indexOf(2)}/payload`, rule: 'number-expansion', detail: 'no' },
        ])
      : undefined,
  );
  await sender.send(batch(1, 2, 3));
  await sender.drained();

  expect(accepted).toEqual([[1, 3], [2]]);
  expect(refused).toEqual([]);
});

test.each([
  ['a key that is missing', rejected(401)],
  ['a header', rejected(422, [{ pointer: '/headers/idempotency-key', rule: 'pattern', detail: 'no' }])],
  ['a network', new Error('ECONNREFUSED')],
])('%s is nobody’s line: it ends everything, and says from where', async (_, error) => {
  const { sender, failures } = senderOver((lines) => (lines.includes(3) ? error : undefined));
  await sender.send(batch(1, 2));
  await sender.send(batch(3, 4));

  await expect(sender.drained()).rejects.toBe(error);
  expect(failures).toEqual([error]);
  expect(sender.unsettledLine()).toBe(3);
  await expect(sender.send(batch(5))).rejects.toBe(error);
});

test('parts of a batch have keys of their own, the same each time', async () => {
  const keys: (string | undefined)[] = [];
  const { sender } = senderOver((lines, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    return lines.includes(2) ? rejected(400) : undefined;
  });
  await sender.send({ items: [item(1), item(2)], idempotencyKey: 'k/0' });
  await sender.drained();

  expect(keys).toEqual(['k/0', 'k/0.0', 'k/0.1']);
});

const collecting = { maxEvents: 2, maxBytes: 1_000, lingerMs: undefined, keyPrefix: 'k' };

test('batches are cut by number and size, and named by their place', async () => {
  const keys: (string | undefined)[] = [];
  const { sender, accepted } = senderOver((_, { idempotencyKey }) => void keys.push(idempotencyKey), 1);
  const collector = createCollector(sender, { ...collecting, maxBytes: 20 });
  for (const one of [item(1), item(2), { ...item(3), bytes: 19 }, item(4), { ...item(5), bytes: 100 }])
    await collector.add(one);
  expect(collector.waitingLine()).toBe(5);
  await collector.end();
  await sender.drained();

  expect(accepted).toEqual([[1, 2], [3], [4], [5]]);
  expect(keys).toEqual(['k/0', 'k/1', 'k/2', 'k/3']);
});

test('what comes slowly goes out all the same', async () => {
  const { sender, accepted } = senderOver(() => undefined);
  const collector = createCollector(sender, { ...collecting, lingerMs: 1 });
  await collector.add(item(1));

  await vi.waitFor(() => expect(accepted).toEqual([[1]]));
});

test('while the gateway is away, no more is taken than the batches on their way and the next', async () => {
  let open = (): void => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { sender, accepted } = senderOver(() => closed, 2);
  const collector = createCollector(sender, { ...collecting, lingerMs: 1 });
  let added = 0;
  const adding = (async () => {
    for (let line = 1; line <= 20; line++, added++) await collector.add(item(line));
    await collector.end();
  })();
  await vi.waitFor(() => expect(added).toBeGreaterThanOrEqual(5));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(added).toBeLessThanOrEqual(7);
  open();
  await adding;
  await sender.drained();

  expect(accepted.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

const options = { eventId: (line: number) => `k:${line}`, onWithoutId: vi.fn() };

test.each([
  ['{"payload":{"n":9007199254740993}}', '{"event_id":"k:7","payload":{"n":9007199254740993}}'],
  [' {} ', '{"event_id":"k:7"} '],
  ['{"event_id":"a"}', '{"event_id":"a"}'],
])('an event %s gets its id from the line, and keeps its digits', (text, sent) => {
  expect((itemOf({ line: 7, text }, options) as Item).event.text).toBe(sent);
});

test.each([
  ['{"a":', /it is not JSON/],
  ['[1]', /must be an object/],
  ['7', /must be an object/],
])('%s is refused', (text, detail) => {
  expect((itemOf({ line: 7, text }, options) as RefusedLine).errors[0]?.detail).toMatch(detail);
});
