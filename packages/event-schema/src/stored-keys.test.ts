import { describe, expect, it } from 'vitest';
import { parseStoredKeys } from './stored-keys.ts';

const problemsOf = (document: unknown): readonly string[] => {
  const parsed = parseStoredKeys(typeof document === 'string' ? document : JSON.stringify(document));
  return parsed.outcome === 'valid' ? [] : parsed.problems;
};
const stored = { id: 'abcdefghijkl', hash: `sha256:${'0'.repeat(64)}`, scopes: ['read'] };

it('reads keys', () => {
  const keys = [
    {
      ...stored,
      name: 'shop',
      scopes: ['publish', 'read'],
      topics: ['orders.'],
      expires_at: '2026-01-31T12:00:00Z',
    },
    { ...stored, id: 'other0000000', scopes: ['admin'], created_at: '2026-01-01T00:00:00Z' },
  ];
  expect(parseStoredKeys(JSON.stringify(keys))).toEqual({ outcome: 'valid', keys });
  expect(problemsOf([])).toEqual([]);
});

describe('refuses', () => {
  it.each([
    ['', /not JSON/],
    ['{', /not JSON/],
    ['{}', /the whole/],
    [[{ ...stored, hash: undefined }], /\/0\/hash/],
    [[{ ...stored, hash: 'sha256:12' }], /\/0\/hash/],
    [[{ ...stored, id: 'short' }], /\/0\/id/],
    [[{ ...stored, scopes: [] }], /\/0\/scopes/],
    [[{ ...stored, scopes: ['write'] }], /\/0\/scopes\/0/],
    // one that is misspelt would be a key without limits
    [[{ ...stored, topic: ['orders.'] }], /\/0\/topic/],
    [[{ ...stored, topics: [] }], /\/0\/topics/],
    [[{ ...stored, topics: [''] }], /\/0\/topics\/0/],
    [[{ ...stored, topics: ['a'], scopes: ['admin'] }], /\/0\/topics: .*admin/],
    [[{ ...stored, expires_at: 'tomorrow' }], /\/0\/expires_at/],
    [[{ ...stored, expires_at: '2026-12-31T23:59:60Z' }], /\/0\/expires_at/],
    [[stored, stored], /\/1\/id: another key/],
  ])('%.60j', (document, problem) => {
    expect(problemsOf(document).join('\n')).toMatch(problem);
  });

  it('says all at once, and repeats nothing of what it was given', () => {
    const text = `olk_abcdefghijkl_${'s'.repeat(43)}`;
    const problems = problemsOf([{ ...stored, hash: text, scopes: [text] }, { id: text }]);
    expect(problems.length).toBeGreaterThan(3);
    expect(problems.join()).not.toContain(text);
    expect(problemsOf(`[{"id":"${text}`).join()).not.toContain(text);
  });
});
