import { join, resolve } from 'node:path';
import { repositoryRoot } from '../paths.ts';
import { readSecret } from './store-variables.ts';

/** What `npm start`, `npm run dev` and `npm run demo` can be told through the environment. */
export interface Settings {
  /** Absolute. Everything that is kept between runs. */
  readonly dataDir: string;
  readonly host: string;
  /** Of the gateway; 0 takes any free port. */
  readonly port: number;
  readonly consumers: number;
  /** Use this Postgres instead of the embedded one. With the password, wherever that was given. */
  readonly databaseUrl?: string;
  /** Use this Redis instead of an own one. */
  readonly redisUrl?: string;
}

export type SettingsResult =
  | { readonly outcome: 'valid'; readonly settings: Settings }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/**
 * Reads the settings from environment variables, and from the files that they name. All problems at once; what cannot be parsed
 * is never the default.
 */
export function readSettings(env: Readonly<NodeJS.ProcessEnv>): SettingsResult {
  const problems: string[] = [];
  const read = <Value>(name: string, fallback: Value, parse: (text: string) => Value | Problem): Value => {
    const text = env[name];
    if (text === undefined) return fallback;
    const value = parse(text);
    if (!(value instanceof Problem)) return value;
    problems.push(`${name} ${value.text}, but is ${JSON.stringify(text)}`);
    return fallback;
  };
  const readUrl = (store: 'DATABASE' | 'REDIS', ...protocols: string[]): string | undefined => {
    const given = readSecret(env, `${store}_URL`, problems);
    if (given === undefined) return undefined;
    const { name, text } = given;
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || !protocols.includes(parsed.protocol) || parsed.hostname === '') {
      problems.push(`${name} must be a URL that begins with ${protocols[0]}//`); // not what it is: it may hold a password
      return undefined;
    }
    const password = readSecret(env, `${store}_PASSWORD`, problems)?.text;
    if (password === undefined) return text;
    // encoded first: the URL's own setter leaves % as it is
    return Object.assign(parsed, { password: encodeURIComponent(password) }).href;
  };
  const databaseUrl = readUrl('DATABASE', 'postgres:', 'postgresql:');
  const redisUrl = readUrl('REDIS', 'redis:', 'rediss:');
  const settings: Settings = {
    dataDir: resolve(read('DATA_DIR', join(repositoryRoot, '.data'), words('a folder'))),
    host: read('HOST', '127.0.0.1', words('a host name or address')),
    port: read('PORT', 8080, integer(0, 65_535)),
    consumers: read('CONSUMERS', 4, integer(1, 64)),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
  };
  return problems.length > 0 ? { outcome: 'invalid', problems } : { outcome: 'valid', settings };
}

/** Completes the sentence "PORT …". */
class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function integer(min: number, max: number): (text: string) => number | Problem {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : new Problem(`must be a whole number from ${min} to ${max}`);
  };
}

function words(what: string): (text: string) => string | Problem {
  return (text) => (text.trim() === '' ? new Problem(`must be ${what}`) : text);
}
