import { suite } from '../../../vitest.shared.ts';

/** Apart from the other system tests: it needs a Docker engine. */
export default suite({
  include: ['compose/**/*.test.ts'],
  outputFile: { json: 'reports/vitest-compose.json' },
  testTimeout: 300_000,
  hookTimeout: 120_000,
});
