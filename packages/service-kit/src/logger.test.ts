import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

it('writes one line that a terminal may show, whatever the fields hold', () => {
  const lines: string[] = [];
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  const hostile = '\r\n{"level":60}\u001b[2J\u009b31m\u0085\u007f\u2028\u202etxt.exe\ufeff"\\é';
  log.warn({ hostile, err: new Error(hostile) }, 'constant');
  expect(lines).toHaveLength(1);
  const [line = ''] = lines;
  expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
  expect(JSON.parse(line)).toMatchObject({ hostile, err: { message: hostile }, msg: 'constant' });
});
