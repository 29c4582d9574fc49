import type { Request } from 'express';
import { expect, it } from 'vitest';
import { idCursors, nextPage, placeCursors } from './cursor.ts';

const LAST = '9223372036854775807';
const timestamp = '2026-01-31T12:00:00.123456+00:00';

it('reads its own cursors and no others', () => {
  for (const id of ['1', LAST]) expect(idCursors.decode(idCursors.encode(id))).toBe(id);
  const place = { seq: LAST, timestamp };
  expect(placeCursors.decode(placeCursors.encode(place))).toEqual(place);
  expect(idCursors.decode(undefined)).toBeUndefined();
  const foreign = ['', 'abc', idCursors.encode('9223372036854775808'), idCursors.encode('-1')];
  for (const cursor of [...foreign, `${idCursors.encode('1')}A`, placeCursors.encode(place)]) {
    expect(() => idCursors.decode(cursor)).toThrow('errors');
  }
  const places = [
    placeCursors.encode({ seq: '9223372036854775808', timestamp }),
    placeCursors.encode({ seq: '1', timestamp: '2026-02-30T12:00:00Z' }),
    placeCursors.encode({ seq: '1', timestamp: '' }),
  ];
  for (const cursor of [...foreign, ...places, idCursors.encode('1'), `${placeCursors.encode(place)}A`]) {
    expect(() => placeCursors.decode(cursor)).toThrow('errors');
  }
});

it('keeps the query, whatever its values hold', () => {
  const request = {
    originalUrl: '/events?topic=a?b&limit=2&cursor=old',
    path: '/events',
  } as unknown as Request;
  expect(nextPage(request, 'new')).toBe('</events?topic=a%3Fb&limit=2&cursor=new>; rel="next"');
});
