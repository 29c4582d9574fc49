import { readFileSync } from 'node:fs';
import type { TObject } from '@sinclair/typebox';
import type { RawSettings } from './config.ts';
import { settingName } from './setting-name.ts';

/**
 * The settings, with each secret that stands in a file: `REDIS_PASSWORD_FILE` names the file with what `REDIS_PASSWORD`
 * would be, without white space around it. An environment is shown by many tools (`docker inspect`, `ps e`), a file
 * only to who may read it.
 *
 * @param problems gets what is wrong, a line each
 */
export function withSecretFiles(schema: TObject, raw: RawSettings, problems: string[]): RawSettings {
  const read: Record<string, string> = {};
  for (const property of Object.keys(schema.properties)) {
    const name = settingName(property);
    const file = mayStandInFile(schema, property) ? raw[`${name}_FILE`] : undefined;
    if (file === undefined) continue;
    if (raw[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set`);
    else {
      try {
        read[name] = readFileSync(file, 'utf8').trim();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        problems.push(
          `${name}_FILE must be a file that can be read, but is ${JSON.stringify(file)} (${code})`,
        );
      }
    }
  }
  return { ...raw, ...read };
}

/** A secret may, unless the schema has a setting of that name, which then is read by whoever has it. */
export function mayStandInFile({ properties }: TObject, property: string): boolean {
  return properties[property]?.['secret'] === true && properties[`${property}File`] === undefined;
}

/** The URL with the password, whatever characters that holds. */
export function withPassword(url: string, password: string): string {
  // encoded first: the URL's own setter leaves % as it is
  return Object.assign(new URL(url), { password: encodeURIComponent(password) }).href;
}
