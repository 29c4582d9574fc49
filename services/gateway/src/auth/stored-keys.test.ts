import { expect, it } from 'vitest';
import { newKey } from '../testing/api-keys.ts';
import { parseKeys } from './stored-keys.ts';

const { stored } = newKey();

it('reads keys', () => {
  const parsed = parseKeys(
    JSON.stringify([
      {
        ...stored,
        name: 'shop',
        scopes: ['publish', 'read'],
        topics: ['orders.'],
        expires_at: '2026-01-31T12:00:00Z',
      },
      newKey({ scopes: ['admin'], created_at: '2026-01-01T00:00:00Z' }).stored,
    ]),
  );
  expect(parsed).toMatchObject({
    outcome: 'valid',
    keys: [
      { id: stored['id'], name: 'shop', topics: ['orders.'], expiresAtMs: Date.UTC(2026, 0, 31, 12) },
      { topics: undefined, expiresAtMs: Number.POSITIVE_INFINITY },
    ],
  });
  expect(parseKeys('{}')).toMatchObject({
    outcome: 'invalid',
    problems: [expect.stringContaining('the whole')],
  });
});
