/**
 * The seed of a random run: the same one every time, unless the variable names another. It is printed, so that a run
 * can be repeated.
 */
export function seedOf(variable: string): number {
  const seed = Number(process.env[variable] ?? 1);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new Error(`${variable} must be an integer of at least 0`);
  process.stderr.write(`seed ${seed}; for another one: ${variable}=…\n`);
  return seed;
}
