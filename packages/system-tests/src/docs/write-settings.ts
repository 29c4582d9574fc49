import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './markdown-files.ts';
import { FILES_WITH_SETTINGS, withSettingsTables } from './settings-tables.ts';

// `npm run docs:settings`: writes the tables of settings into the READMEs
for (const path of FILES_WITH_SETTINGS) {
  const file = join(repositoryRoot, path);
  writeFileSync(file, withSettingsTables(readFileSync(file, 'utf8')));
}
