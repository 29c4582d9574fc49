import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// The package promises to run wherever there is fetch: browsers have neither node: modules nor our workspace.
test('what is published imports nothing at run time but its own files', () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const outside = sources.flatMap((name) => {
    const text = readFileSync(`${import.meta.dirname}/${name}`, 'utf8');
    const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^.][^']*)';/gms);
    return [...imports].map((found) => `${name}: ${found[1]}`);
  });

  expect(sources.length).toBeGreaterThan(5);
  expect(outside).toEqual([]);
});
