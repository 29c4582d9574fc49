import { parseArgs } from 'node:util';
import { ConfigurationError, type RawSettings, settingName } from '@oncelog/service-kit';
import type { TObject } from '@sinclair/typebox';

export type Flags =
  | { readonly outcome: 'help' }
  | { readonly outcome: 'settings'; readonly settings: RawSettings };

/**
 * Reads command line flags into settings: `--total-events 10` is `TOTAL_EVENTS=10`.
 *
 * @throws {ConfigurationError} a flag that is unknown or lacks its value
 */
export function readFlags(schema: TObject, args: readonly string[]): Flags {
  const names = Object.keys(schema.properties).map(settingName);
  const options = Object.fromEntries(names.map((name) => [flagName(name), { type: 'string' as const }]));
  const { values } = parse([...args], { ...options, help: { type: 'boolean', short: 'h' } });
  if (values['help'] === true) return { outcome: 'help' };
  const given = names.flatMap((name) => {
    const value = values[flagName(name)];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { outcome: 'settings', settings: Object.fromEntries(given) };
}

/** What `--help` prints: every setting with its default and meaning. */
export function helpText(schema: TObject): string {
  const settings = Object.entries(schema.properties).map(([property, setting]) => {
    const name = settingName(property);
    const unit = setting['unit'] === undefined ? '' : ` In ${setting['unit']}.`;
    const initial = setting.default === undefined ? '' : ` Default: ${setting.default}.`;
    return `  --${flagName(name)}  ${name}\n      ${setting.description}${unit}${initial}`;
  });
  return [
    'Publishes generated events to an oncelog gateway and checks that each is accounted for exactly once.',
    '',
    'Usage: oncelog-publisher [--flag value]…   (each flag is also an environment variable; the flag wins)',
    '',
    ...settings,
    '  --help, -h',
    '      Prints this.',
    '',
    'The last line on standard output is the result as JSON. Exit code: 0 exact, 1 not exact or failed,',
    '130 or 143 stopped by SIGINT or SIGTERM.',
  ].join('\n');
}

function flagName(setting: string): string {
  return setting.toLowerCase().replaceAll('_', '-');
}

type ParseOptions = Record<string, { type: 'string' | 'boolean'; short?: string }>;

function parse(args: string[], options: ParseOptions) {
  try {
    return parseArgs({ args, options, allowPositionals: false });
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) throw new ConfigurationError([error.message]);
    throw error;
  }
}
