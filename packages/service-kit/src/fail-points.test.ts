import { expect, it, vi } from 'vitest';
import { createFailPoints, FAIL_POINTS_PATTERN } from './fail-points.ts';

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
  await expect.poll(() => kill.mock.calls.length).toBe(1);
  await new Promise(setImmediate);
  expect(passed).toBe(false);
});

it.each(['', 'after-commit', 'after-commit=boom', 'a=pause', 'a=kill@0', 'a=kill;b=kill'])(
  'refuses %j',
  (text) => {
    expect(() => createFailPoints(text, () => {})).toThrow(TypeError);
  },
);

it.each([
  ['after-commit=kill', true],
  ['after-commit=kill@2,in-statement=pause:50', true],
  ['after-comit=kill', false],
  ['after-commit=kill,oops', false],
])('takes %j for a setting: %j', (text, fits) => {
  expect(new RegExp(FAIL_POINTS_PATTERN).test(text)).toBe(fits);
});
