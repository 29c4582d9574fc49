import { expect, test } from 'vitest';
import { createPaint } from './paint.ts';
import { details, table } from './table.ts';

const columns = [
  { title: 'NAME' },
  { title: 'COUNT', align: 'right' },
  { title: 'TEXT', shrink: 1 },
] as const;
const rows = [
  ['a', '1', 'short'],
  ['longer', '12,345', 'a text that is much longer than a terminal is wide, and goes on'],
];
const plain = createPaint(false);

test('columns are as wide as what is in them, numbers stand on the right', () => {
  expect(table(columns, rows, { width: Number.POSITIVE_INFINITY, paint: plain })).toBe(
    [
      'NAME     COUNT  TEXT',
      'a            1  short',
      'longer  12,345  a text that is much longer than a terminal is wide, and goes on',
      '',
    ].join('\n'),
  );
});

test('a table that is wider than the terminal is shortened where it may be', () => {
  const drawn = table(columns, rows, { width: 40, paint: plain });

  expect(drawn).toContain('longer  12,345  a text that');
  expect(drawn).toContain('…');
  expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
});

test('on a very narrow terminal the columns that may be shortened become narrower still', () => {
  const drawn = table(columns, rows, { width: 20, paint: plain });

  expect(Math.max(...drawn.split('\n').map((line) => line.length))).toBeLessThanOrEqual(20);
  expect(drawn).toContain('12,345');
});

test('a wide character takes the room of two', () => {
  const drawn = table(
    [{ title: 'A' }, { title: 'B' }],
    [
      ['世界', 'x'],
      ['ab', 'y'],
    ],
    { width: 80, paint: plain },
  );

  expect(drawn.split('\n').slice(1, 3)).toEqual(['世界  x', 'ab    y']);
});

test('colours do not count', () => {
  const paint = createPaint(true);
  const [, first = ''] = table([{ title: 'A' }, { title: 'B' }], [[paint('red', 'bad'), 'x']], {
    width: 80,
    paint,
  }).split('\n');

  expect(first).toContain(paint('red', 'bad'));
  expect(first.endsWith('  x')).toBe(true);
});

test('details stand under each other', () => {
  expect(
    details(
      [
        ['a', '1'],
        ['long', '2'],
      ],
      plain,
    ),
  ).toBe('a     1\nlong  2\n');
});
