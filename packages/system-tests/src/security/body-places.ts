/** A place in a body. */
export interface BodyPlace {
  /** `events/0/topic`. */
  readonly name: string;
  /** The body with a text in this place. */
  fill(text: string): string;
}

/** Ends the path to a property that is not there yet: the text becomes its name. */
const NEW_NAME = '(name)';

/**
 * The places in a body like an example: the whole; in JSON, or the first line, each value, and the name of one more property of each
 * object. Of an array its first element.
 */
export function bodyPlaces(mediaType: string, example: unknown): BodyPlace[] {
  if (mediaType === '*/*') return [];
  const document: unknown = typeof example === 'string' ? JSON.parse(example.split('\n')[0] ?? '') : example;
  const inside = pathsIn(document).map((path) => ({
    name: path.join('/'),
    fill: (text: string) => JSON.stringify(replaced(document, path, text)),
  }));
  return [{ name: 'whole', fill: (text) => text }, ...inside];
}

function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const parts = Array.isArray(value) ? [['0', value[0] as unknown] as const] : Object.entries(value);
  const inside = parts.flatMap(([key, part]) => pathsIn(part).map((rest) => [key, ...rest]));
  return Array.isArray(value) ? inside : [...inside, [NEW_NAME]];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  if (Array.isArray(value)) return value.with(Number(key), replaced(value[Number(key)], rest, text));
  const entries = Object.entries(value as object);
  // fromEntries makes __proto__ a property like any other
  if (key === NEW_NAME) return Object.fromEntries([...entries, [text, { polluted: true }]]);
  return Object.fromEntries(
    entries.map(([name, part]) => [name, name === key ? replaced(part, rest, text) : part]),
  );
}
