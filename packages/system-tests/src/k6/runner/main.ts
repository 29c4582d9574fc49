import { pathToFileURL } from 'node:url';
import { run } from './run.ts';

// `node main.ts load-test.js`, as `k6 run load-test.js`: for a machine without k6

const [, , script = ''] = process.argv;
process.exitCode = await run({
  script: pathToFileURL(script).href,
  env: Object.fromEntries(Object.entries(process.env).map(([name, value = '']) => [name, value])),
  print: (text) => process.stdout.write(text),
  log: (line) => process.stderr.write(`${line}\n`),
});
