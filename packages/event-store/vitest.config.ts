import { suite } from '../../vitest.shared.ts';

export default suite({ globalSetup: ['../local-stack/src/testing/postgres.ts'] });
