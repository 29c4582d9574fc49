import { once } from 'node:events';
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import transport from './index.ts';
import { type SmallGateway, smallGateway } from './testing/small-gateway.ts';
import { createOncelogTransport, type OncelogTransportOptions } from './transport.ts';

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** A logger that writes to the transport in this thread, and what it tells on stderr. */
function setup({ url }: Pick<SmallGateway, 'url'>, options: Partial<OncelogTransportOptions> = {}) {
  const told: string[] = [];
  const stream = createOncelogTransport(
    { url, retry: { baseMs: 1, capMs: 5 }, ...options },
    { write: (text) => told.push(text) },
  );
  const end = async (): Promise<void> => {
    stream.end();
    await once(stream, 'close');
  };
  return { log: pino({ base: null }, stream), stream, told, end };
}

const messages = ({ stored }: SmallGateway): unknown[] =>
  [...stored.values()].map(({ payload }) => payload['msg']);

test('lines arrive as they were logged', async () => {
  await using gateway = await smallGateway();
  const { log, end, told } = setup(gateway, {
    apiKey: 'key',
    topic: 'app',
    topicKey: 'channel',
    source: 'shop',
  });
  log.info({ order: { total: 12.5 } }, 'paid');
  log.child({ channel: 'billing' }).error(new Error('no money'));
  await end();

  const [paid, failed] = [...gateway.stored.values()];
  expect(paid).toMatchObject({
    topic: 'app',
    source: 'shop',
    payload: { level: 30, msg: 'paid', order: { total: 12.5 } },
  });
  expect(paid?.timestamp).toBe(new Date(paid?.payload['time'] as number).toISOString());
  expect(failed).toMatchObject({ topic: 'billing', payload: { level: 50, err: { message: 'no money' } } });
  expect(gateway.authorizations).toEqual(new Set(['Bearer key']));
  expect(told).toEqual([]);
});

test('the end waits for what has not been delivered yet, each line once', async () => {
  await using gateway = await smallGateway((request, response) => {
    if (request > 5) return false;
    response.writeHead(503).end();
    return true;
  });
  const { log, end, told } = setup(gateway);
  for (const n of range(1_000)) log.info(`line ${n}`);
  await end();

  expect(messages(gateway).sort()).toEqual(
    range(1_000)
      .map((n) => `line ${n}`)
      .sort(),
  );
  expect(told).toEqual([
    expect.stringMatching(/waiting to be delivered, \d+ log lines?: the answer was 503\n$/),
  ]);
});

test('flush waits until all lines so far are durable', async () => {
  await using gateway = await smallGateway();
  const { log, stream, end } = setup(gateway, { batch: { lingerMs: 60_000 } });
  for (const n of range(100)) log.info(`line ${n}`);
  await stream.flush();

  expect(gateway.stored.size).toBe(100);
  await end();
});

test('beyond its buffer new lines are lost, counted and told; those before are not', async () => {
  let open = false;
  await using gateway = await smallGateway((_request, response) => {
    if (!open) response.writeHead(503).end();
    return !open;
  });
  const { log, stream, end, told } = setup(gateway, { buffer: { maxEvents: 10 } });
  for (const n of range(25)) log.info(`line ${n}`);
  await vi.waitFor(() => expect(told.join('')).toMatch(/1 log line lost: the buffer is full/));
  await vi.waitFor(() => expect(stream.readableLength + stream.writableLength).toBe(0));
  open = true;
  await end();

  expect(messages(gateway)).toEqual(range(10).map((n) => `line ${n}`));
  expect(told.at(-1)).toBe(
    '@oncelog/pino-transport: 14 log lines lost: the buffer is full, because the gateway is away or too slow\n',
  );
});

test('or wait, where that is wished, and none is lost', async () => {
  let refusals = 0;
  await using gateway = await smallGateway((_request, response) => {
    refusals += 1;
    if (refusals % 2 === 0) return false;
    response.writeHead(503).end();
    return true;
  });
  const { log, end, told, stream } = setup(gateway, {
    overflow: 'wait',
    buffer: { maxEvents: 10 },
    batch: { lingerMs: 1 },
  });
  for (const n of range(500)) log.info(`line ${n}`);
  await stream.flush();
  expect(gateway.stored.size).toBe(500);
  log.info('the last');
  await end();

  expect(gateway.stored.size).toBe(501);
  expect(told.filter((text) => text.includes('lost'))).toEqual([]);
});

test('a gateway that never comes back does not hold up the end for ever, and what is lost is told', async () => {
  const { log, end, told } = setup({ url: 'http://127.0.0.1:1' }, { closeTimeoutMs: 50 });
  for (const n of range(3)) log.info(`line ${n}`);
  await end();

  const lost = told.filter((text) => text.includes(' lost: not delivered before the client was closed'));
  expect(lost.join('')).toMatch(/1 log line lost.*2 log lines lost/s);
});

test('a line that is refused is lost alone', async () => {
  await using gateway = await smallGateway((_request, response) => {
    response.writeHead(422).end();
    return true;
  });
  const { log, end, told } = setup(gateway);
  log.info('refused');
  await end();

  expect(told).toEqual(['@oncelog/pino-transport: 1 log line lost: POST /publish was rejected with 422\n']);
});

test.each([
  [{ url: 'localhost:8080' }, /must be http/],
  [{ overflow: 'block' as 'wait' }, /overflow must be/],
  [{ buffer: { maxBytes: -1 } }, /buffer.maxBytes must be/],
])('options that cannot be used fail at the start: %j', (options, message) => {
  expect(() => transport({ url: 'http://127.0.0.1', ...options })).toThrow(message);
});
