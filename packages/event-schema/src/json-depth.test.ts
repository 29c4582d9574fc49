import { expect, it } from 'vitest';
import { isTooDeep, MAX_PARSED_DEPTH } from './json-depth.ts';
import { parsePublishRequest } from './parse-publish-request.ts';

const LONG = ' '.repeat(MAX_PARSED_DEPTH);

it.each([
  ['as deep as may be', '['.repeat(MAX_PARSED_DEPTH) + LONG, false],
  ['deeper', `${'['.repeat(MAX_PARSED_DEPTH + 1)}`, true],
  ['objects', '{"a":'.repeat(MAX_PARSED_DEPTH + 1), true],
  ['brackets in a string', `"${'['.repeat(2 * MAX_PARSED_DEPTH)}"`, false],
  ['brackets behind a quote in a string', `"\\"${'['.repeat(2 * MAX_PARSED_DEPTH)}"`, false],
  ['brackets behind a string', `"\\\\"${'['.repeat(2 * MAX_PARSED_DEPTH)}`, true],
  ['a string that does not end', `"${'['.repeat(2 * MAX_PARSED_DEPTH)}\\`, false],
  ['many side by side', '[]'.repeat(2 * MAX_PARSED_DEPTH), false],
])('%s', (_name, json, deep) => {
  expect(isTooDeep(Buffer.from(json))).toBe(deep);
});

it('a body that is too deep is refused unparsed', () => {
  expect(parsePublishRequest(Buffer.from('['.repeat(5_000_000)), { maxEvents: 1_000 })).toEqual({
    outcome: 'malformed',
    detail: 'The body is nested more than 131072 levels deep.',
  });
});
