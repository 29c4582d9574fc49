import { fileURLToPath } from 'node:url';

/** The root of the repository, with a trailing slash. `src/` and `dist/` lie equally deep below it. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
