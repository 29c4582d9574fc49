import { suite } from '../../vitest.shared.ts';

export default suite({
  globalSetup: [
    '../../packages/local-stack/src/testing/postgres.ts',
    '../../packages/local-stack/src/testing/redis.ts',
  ],
});
