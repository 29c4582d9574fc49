import { suite } from '../../../vitest.shared.ts';

/** Apart from the other system tests: it needs a Docker engine. */
export default suite({
  include: ['compose/**/*.test.ts'],
  // each runs a whole stack: one after the other, so that waits do not depend on what the other does
  fileParallelism: false,
  outputFile: { json: 'reports/vitest-compose.json' },
  testTimeout: 300_000,
  hookTimeout: 120_000,
});
