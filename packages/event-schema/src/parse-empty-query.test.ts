import { describe, expect, it } from 'vitest';
import { parseEmptyQuery } from './parse-empty-query.ts';

describe('parseEmptyQuery', () => {
  it('takes no parameters', () => {
    expect(parseEmptyQuery({})).toEqual({ outcome: 'valid', query: {} });
  });

  it('refuses any, and says that there is none', () => {
    expect(parseEmptyQuery({ a: '1', __proto__x: ['2', '3'] })).toEqual({
      outcome: 'invalid',
      violations: [
        {
          pointer: '/query/a',
          rule: 'unknown-parameter',
          detail: 'There is no such parameter; there is none here.',
        },
        expect.objectContaining({ pointer: '/query/__proto__x' }),
      ],
    });
  });
});
