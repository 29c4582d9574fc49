import { expect, it, vi } from 'vitest';
import { createFailPoints } from './fail-points.ts';

it('does nothing unless it is told to', async () => {
  const kill = vi.fn();
  await createFailPoints(undefined, kill)('after-commit');
  await createFailPoints('after-read=kill', kill)('after-commit');
  expect(kill).not.toHaveBeenCalled();
});

it('kills at the passage that is named, and lets nothing happen afterwards', async () => {
  const kill = vi.fn();
  const failPoint = createFailPoints('after-read=pause:0,after-commit=kill@2', kill);
  await failPoint('after-read');
  await failPoint('after-commit');
  expect(kill).not.toHaveBeenCalled();
  let passed = false;
  void failPoint('after-commit').then(() => {
    passed = true;
  });
  await new Promise(setImmediate);
  expect(kill).toHaveBeenCalledOnce();
  expect(passed).toBe(false);
});

it.each(['', 'after-commit', 'after-commit=boom', 'a=pause', 'a=kill@0', 'a=kill;b=kill'])(
  'refuses %j',
  (text) => {
    expect(() => createFailPoints(text, () => {})).toThrow(TypeError);
  },
);
