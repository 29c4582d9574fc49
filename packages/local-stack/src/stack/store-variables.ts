import { readFileSync } from 'node:fs';

/** Where a server of the user's own is. Each may stand in a file, which the same name with `_FILE` then names. */
const STORE_VARIABLES = ['DATABASE_URL', 'DATABASE_PASSWORD', 'REDIS_URL', 'REDIS_PASSWORD'] as const;

type Environment = Readonly<NodeJS.ProcessEnv>;

/**
 * A variable that is a secret, or what stands in the file that `<name>_FILE` names, without white space around it: as the
 * services read theirs, whose packages are too much to load before anything runs.
 *
 * @param problems gets what is wrong, a line each
 * @returns with the name of the variable that was set
 */
export function readSecret(
  env: Environment,
  name: (typeof STORE_VARIABLES)[number],
  problems: string[],
): { readonly name: string; readonly text: string } | undefined {
  const value = env[name];
  const file = env[`${name}_FILE`];
  if (file === undefined) return value === undefined ? undefined : { name, text: value };
  if (value !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set`);
    return undefined;
  }
  try {
    return { name: `${name}_FILE`, text: readFileSync(file, 'utf8').trim() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problems.push(`${name}_FILE must be a file that can be read, but is ${JSON.stringify(file)} (${code})`);
    return undefined;
  }
}

/**
 * An environment for programs that are told where the servers are by whole URLs: a password or a file that it named would
 * be taken into a URL of ours.
 */
export function withoutStores(env: Environment): NodeJS.ProcessEnv {
  const left = { ...env };
  for (const name of STORE_VARIABLES) {
    delete left[name];
    delete left[`${name}_FILE`];
  }
  return left;
}
