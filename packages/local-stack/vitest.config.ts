import { suite } from '../../vitest.shared.ts';

export default suite({ globalSetup: ['src/testing/postgres.ts', 'src/testing/redis.ts'] });
