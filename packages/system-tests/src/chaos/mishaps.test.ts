import { expect, it } from 'vitest';
import { mishapsIn } from './mishaps.ts';

it('finds fatal entries and what is no entry, and lets pass what a kill has cut short', () => {
  const lines = [
    '{"level":50,"msg":"step failed"}',
    '{"level":60,"msg":"failed"}',
    'Error: of nobody',
    '',
    '{"level":30,"ms',
  ];
  expect(mishapsIn(lines.join('\n'))).toEqual([lines[1], lines[2]]);
});
