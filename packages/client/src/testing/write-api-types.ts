import { writeFileSync } from 'node:fs';
import { apiTypes } from './api-types.ts';

writeFileSync(new URL('../api-types.ts', import.meta.url), apiTypes());
