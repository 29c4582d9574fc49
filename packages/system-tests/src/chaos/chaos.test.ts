import { it } from 'vitest';
import { openLocalTarget } from './local-target.ts';
import { expectStaysExact, TEST_SEED } from './stays-exact.ts';

// `npm run chaos` in short: `npm run chaos -- --minutes 0.5 --seed 42 --kills 30` is the same run
it(
  `stays exact for every key while everything is killed, frozen and cut (seed ${TEST_SEED})`,
  {
    timeout: 150_000,
  },
  () => expectStaysExact(openLocalTarget, 30_000),
);
