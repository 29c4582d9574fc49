import type { Request } from 'express';
import { expect, it } from 'vitest';
import { beforeCursor, nextPage } from './cursor.ts';

const pageAfter = (seq: string, originalUrl = '/events') =>
  nextPage({ originalUrl, path: '/events' } as unknown as Request, seq);
const cursorOf = (seq: string) => /cursor=([\w-]+)/.exec(pageAfter(seq))?.[1];

it('reads its own cursors and no others', () => {
  for (const seq of ['1', '9223372036854775807']) expect(beforeCursor(cursorOf(seq))).toBe(seq);
  expect(beforeCursor(undefined)).toBeUndefined();
  for (const cursor of ['', 'abc', cursorOf('9223372036854775808'), cursorOf('-1'), `${cursorOf('1')}A`]) {
    expect(() => beforeCursor(cursor)).toThrow('errors');
  }
});

it('keeps the query, whatever its values hold', () => {
  expect(pageAfter('1', '/events?topic=a?b&limit=2&cursor=old')).toBe(
    '</events?topic=a%3Fb&limit=2&cursor=czE>; rel="next"',
  );
});
