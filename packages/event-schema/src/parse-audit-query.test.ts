import { expect, it } from 'vitest';
import { parseAuditQuery } from './index.ts';

it.each([
  [{}, false],
  [{ full: 'false' }, false],
  [{ full: 'true' }, true],
])('%j asks for a full audit: %s', (query, full) => {
  expect(parseAuditQuery(query)).toEqual({ outcome: 'valid', query: { full } });
});

it.each([
  [{ full: 'yes' }, '/query/full'],
  [{ full: ['true', 'true'] }, '/query/full'],
  [{ fast: 'true' }, '/query/fast'],
])('refuses %j', (query, pointer) => {
  expect(parseAuditQuery(query)).toMatchObject({ outcome: 'invalid', violations: [{ pointer }] });
});
