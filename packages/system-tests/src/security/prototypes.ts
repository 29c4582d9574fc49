import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loaded into a service before its own code (`node --import`): when the process ends it writes down what was added to the
 * prototypes that all objects share, a name a line.
 */
const PROTOTYPES = {
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Map,
  Set,
  Promise,
  Buffer,
  URL,
  Error,
};
const file = join(process.env['PROTOTYPES_DIR'] ?? '', process.env['CONSUMER_NAME'] ?? 'gateway');

const namesOf = (type: { readonly prototype: object }) =>
  new Set<string | symbol>(Reflect.ownKeys(type.prototype));
const before = new Map(Object.entries(PROTOTYPES).map(([name, type]) => [name, namesOf(type)]));

process.on('exit', () => {
  const added = Object.entries(PROTOTYPES).flatMap(([name, type]) =>
    [...namesOf(type)].filter((key) => !before.get(name)?.has(key)).map((key) => `${name}.${String(key)}\n`),
  );
  writeFileSync(file, added.join(''));
});
