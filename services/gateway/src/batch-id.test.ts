import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { batchIdOf, idempotencyKeyOf, lineBatchIdOf } from './batch-id.ts';

const request = { client: 'a', key: 'k', body: Buffer.from('x') };

it('makes a UUID of version 8 that depends on client, key and body, and on where one ends', () => {
  const id = batchIdOf(request);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(batchIdOf({ ...request })).toBe(id);
  const others = [{ client: 'b' }, { key: 'l' }, { body: Buffer.from('y') }, { client: 'ak', key: '' }];
  expect(new Set([id, ...others.map((other) => batchIdOf({ ...request, ...other }))]).size).toBe(5);
});

it('makes other ones for batches of lines, which also depend on their place', () => {
  const ids = [0, 1].map((index) => lineBatchIdOf({ ...request, index }));
  expect(new Set([batchIdOf(request), ...ids]).size).toBe(3);
});

const withKey = (key: string | undefined) =>
  ({ headers: { 'idempotency-key': key } }) as unknown as IncomingMessage;

it.each([undefined, 'order-7:1', 'x'.repeat(255)])('takes %j for an Idempotency-Key', (key) => {
  expect(idempotencyKeyOf(withKey(key))).toBe(key);
});

it.each(['x'.repeat(256), '', 'a b', 'ü'])('takes %j for none', (key) => {
  expect(() => idempotencyKeyOf(withKey(key))).toThrow(
    expect.objectContaining({ code: 'invalid-idempotency-key' }),
  );
});
