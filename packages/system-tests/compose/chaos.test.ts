import { it } from 'vitest';
import { openComposeTarget } from '../src/chaos/compose-target.ts';
import { expectStaysExact, TEST_SEED } from '../src/chaos/stays-exact.ts';

// the run of `npm run chaos -- --compose --minutes 1 --seed 42 --kills 30`: containers are killed, paused and cut off
it(
  `stays exact for every key while containers are killed, paused and disconnected (seed ${TEST_SEED})`,
  {
    timeout: 600_000,
  },
  () => expectStaysExact(openComposeTarget, 60_000),
);
