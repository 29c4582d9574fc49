import { readFileSync } from 'node:fs';

// one level up from the sources as from what is compiled
const PACKAGE = new URL('../package.json', import.meta.url);

/** The version of this command, from its package.json. */
export const VERSION: string = (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;
