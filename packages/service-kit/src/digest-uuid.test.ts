import { expect, it } from 'vitest';
import { digestUuid } from './digest-uuid.ts';

it('makes a UUID of version 8 that depends on every part, and on where one ends', () => {
  const id = digestUuid('a', 'bc');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(digestUuid('a', 'bc')).toBe(id);
  expect(new Set([id, digestUuid('ab', 'c'), digestUuid('abc'), digestUuid('a', 'bc', '')]).size).toBe(4);
});
