import { expect, it } from 'vitest';
import { batchIdOf, isIdempotencyKey } from './batch-id.ts';

const request = { client: 'a', key: 'k', body: Buffer.from('x') };

it('makes a UUID of version 8 that depends on client, key and body, and on where one ends', () => {
  const id = batchIdOf(request);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(batchIdOf({ ...request })).toBe(id);
  const others = [{ client: 'b' }, { key: 'l' }, { body: Buffer.from('y') }, { client: 'ak', key: '' }];
  expect(new Set([id, ...others.map((other) => batchIdOf({ ...request, ...other }))]).size).toBe(5);
});

it.each([
  ['order-7:1', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  ['', false],
  ['a b', false],
  ['ü', false],
])('takes %j for an Idempotency-Key: %j', (key, fits) => {
  expect(isIdempotencyKey(key)).toBe(fits);
});
