import { fileURLToPath } from 'node:url';

/**
 * Where the built page is, absolute: `index.html`, and `assets/` whose names change with their contents. It is there after
 * `build`. `src/` and `dist/` lie equally deep.
 */
export const dashboardFolder = fileURLToPath(new URL('../dist/app', import.meta.url));
