import { Kind, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { mayStandInFile, withPassword, withSecretFiles } from './secret-files.ts';
import { settingName } from './setting-name.ts';

/** Settings as they arrive: environment variables, or flags under the same names. */
export type RawSettings = Readonly<Record<string, string | undefined>>;

/** Every problem of a configuration at once, a line each. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`invalid configuration:\n  ${problems.join('\n  ')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/**
 * Reads a configuration by its schema. Each property is an optional or defaulted string, integer, number or
 * boolean; its variable is {@link settingName}. A variable that is set but does not parse, or is out of range,
 * is a problem, never the default.
 *
 * A setting with `secret` may stand in a file, see {@link withSecretFiles}. One with `passwordFor` is put into the URL that
 * it names, and is not in the result.
 *
 * @throws {ConfigurationError} naming every setting that is missing or wrong
 */
export function loadConfig<T extends TObject>(schema: T, given: RawSettings): Static<T> {
  const problems: string[] = [];
  const raw = withSecretFiles(schema, given, problems);
  const config: Record<string, unknown> = {};
  for (const [property, setting] of Object.entries(schema.properties)) {
    const name = settingName(property);
    const value = readSetting(setting, raw[name]);
    if (value === undefined && isRequired(schema, property))
      problems.push(`${name} is required: ${setting.description}`);
    else if (value !== undefined && !(Value.Check(setting, value) && isUrlIfAsked(setting, value))) {
      problems.push(`${name} must be ${expectation(setting)}, but is ${shown(setting, raw[name])}`);
    } else if (value !== undefined) config[property] = value;
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  foldPasswords(schema, config);
  return config as Static<T>;
}

function foldPasswords(schema: TObject, config: Record<string, unknown>): void {
  for (const [property, { passwordFor }] of Object.entries(schema.properties)) {
    const [url, password] = [config[passwordFor], config[property]];
    if (typeof url === 'string' && typeof password === 'string')
      config[passwordFor] = withPassword(url, password);
    if (passwordFor !== undefined) delete config[property];
  }
}

/** The settings of a schema as rows of a Markdown table: variable, default, range, meaning. */
export function settingsTable(schema: TObject): string {
  const rows = Object.entries(schema.properties).map(([property, setting]) => {
    const initial = setting.default === undefined ? '–' : `\`${setting.default}\``;
    const value = expectation(setting).replaceAll('|', '\\|'); // a bare one would end the cell, even in code
    const name = settingName(property);
    const file = mayStandInFile(schema, property) ? ` Or the name of a file with it: \`${name}_FILE\`.` : '';
    return `| \`${name}\` | ${initial} | ${value} | ${setting.description ?? ''}${file} |`;
  });
  return ['| variable | default | value | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** A pattern lets pass what a URL parser then refuses, with the password in its message. */
function isUrlIfAsked(setting: TSchema, value: unknown): boolean {
  return setting['url'] !== true || URL.canParse(String(value));
}

/** A URL may hold a password. */
function shown(setting: TSchema, text: string | undefined): string {
  return setting['secret'] === true ? 'not' : JSON.stringify(text);
}

function isRequired(schema: TObject, property: string): boolean {
  return schema.required?.includes(property) ?? false;
}

/** A value of the setting's type, or the text itself where it does not parse (which then fails the check). */
function readSetting(setting: TSchema, text: string | undefined): unknown {
  if (text === undefined) return setting.default;
  switch (setting['type']) {
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

function expectation(setting: TSchema): string {
  if (setting[Kind] === 'Union') {
    return (setting['anyOf'] as TSchema[]).map((choice) => `\`${choice['const']}\``).join(', ');
  }
  const unit = setting['unit'] === undefined ? '' : ` ${setting['unit']}`;
  switch (setting['type']) {
    case 'integer':
    case 'number':
      return `${setting['type'] === 'integer' ? 'an integer' : 'a number'}${range(setting)}${unit}`;
    case 'boolean':
      return 'true or false';
    default:
      // a pattern says it exactly, but not always to a reader
      if (setting['form'] !== undefined) return setting['form'] as string;
      return setting['pattern'] === undefined ? 'text' : `text matching \`${setting['pattern']}\``;
  }
}

function range(setting: TSchema): string {
  const { minimum, maximum, exclusiveMaximum } = setting;
  if (exclusiveMaximum !== undefined) return ` from ${minimum} to below ${exclusiveMaximum}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return '';
}
