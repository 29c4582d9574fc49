import { RequestRejectedError, RetriesExhaustedError, UnusableAnswerError } from '@oncelog/client';
import { expect, test } from 'vitest';
import { describeFailure, GaveUpError, OperationalError, ReportedError, UsageError } from './failure.ts';

const problem = {
  type: 'urn:oncelog:problem:invalid-query',
  title: 'The query has parameters that break the rules',
  status: 422,
  detail: '1 rule is broken.',
  code: 'invalid-query',
  request_id: 'r',
  errors: [{ pointer: '/query/limit', rule: 'maximum', detail: 'It must be at most 1000.' }],
};

test('a problem document is told with its field and its rule', () => {
  expect(describeFailure(new RequestRejectedError('GET /events', { status: 422, problem }))).toEqual({
    lines: [
      'oncelog: GET /events: 422 The query has parameters that break the rules: 1 rule is broken.',
      '  limit: It must be at most 1000. (maximum)',
    ],
    code: 1,
  });
});

test.each<[string, unknown, RegExp]>([
  [
    'a key that is missing',
    new RequestRejectedError('GET /stats', { status: 401, problem: undefined }),
    /rejected with 401 \(ONCELOG_API_KEY/,
  ],
  [
    'a redirect',
    new RequestRejectedError('GET /stats', { status: 301, problem: undefined }),
    /is --url the gateway/,
  ],
  [
    'nobody there',
    new RetriesExhaustedError('GET /stats', { attempts: 3, cause: new Error('ECONNREFUSED: no') }),
    /3 times: ECONNREFUSED: no \(is the gateway running\?/,
  ],
  [
    'garbage',
    new RetriesExhaustedError('GET /stats', {
      attempts: 3,
      cause: new UnusableAnswerError(200, 'its body is none'),
    }),
    /is there an oncelog gateway/,
  ],
  ['no time left', new GaveUpError(5, new Error('ECONNREFUSED')), /gave up after 5 s: ECONNREFUSED/],
  [
    'no file',
    Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }),
    /^oncelog: ENOENT: no such file$/,
  ],
  ['what it says itself', new OperationalError('not built'), /^oncelog: not built$/],
  ['escapes', new OperationalError('a\u001b[2Jb'), /^oncelog: a\\u001b\[2Jb$/],
  ['a bug', new Error('oh'), /this should not happen: Error: oh\n/],
])('%s is told in a line, with 1', (_, error, line) => {
  const { lines, code } = describeFailure(error);

  expect(lines[0]).toMatch(line);
  expect(code).toBe(1);
});

test('usage is 2; what was told already is not told again', () => {
  expect(describeFailure(new UsageError('no'))).toEqual({ lines: ['oncelog: no'], code: 2 });
  expect(describeFailure(new ReportedError())).toEqual({ lines: [], code: 1 });
});
