/**
 * Stands for a raw text while the rest is serialised. Nobody outside knows it, so no payload can hold it. Made when it is first
 * needed: some runtimes have no randomness while modules load.
 */
let marker: { readonly text: string; readonly all: RegExp } | undefined;

function mark(texts: string[], raw: string): string {
  marker ??= createMarker();
  return `${marker.text}${texts.push(raw) - 1}`;
}

function createMarker(): { text: string; all: RegExp } {
  const text = `oncelog-raw-${crypto.getRandomValues(new Uint32Array(4)).join('-')}-`;
  return { text, all: new RegExp(`"${text}(\\d+)"`, 'g') };
}

/** The raw texts of the value that is being serialised; undefined where none is. */
let spliced: string[] | undefined;

/** A JSON text that is sent as it is. Made by {@link rawJson}, or by the client itself. */
export class RawJson {
  readonly text: string;

  /** Trusts that the text is JSON. */
  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return spliced === undefined ? JSON.parse(this.text) : mark(spliced, this.text);
  }
}

/**
 * A JSON text that is sent as it is: an event, a payload, or a value anywhere in one. Numbers keep every digit, which
 * JavaScript's would not: `{ payload: rawJson('{"total":9007199254740993}') }`.
 *
 * @throws {SyntaxError} the text is not JSON
 */
export function rawJson(text: string): RawJson {
  JSON.parse(text);
  return new RawJson(text);
}

/**
 * `JSON.stringify`, with raw texts spliced in and BigInts as numbers.
 *
 * @throws {TypeError} the value refers to itself
 */
export function stringify(value: unknown): string | undefined {
  const outer = spliced; // a toJSON may come here again
  const own: string[] = [];
  spliced = own;
  try {
    const json = stringifyMarked(value, own);
    if (own.length === 0 || marker === undefined) return json;
    return json?.replace(marker.all, (_mark, n: string) => own[Number(n)] as string);
  } finally {
    spliced = outer;
  }
}

/** A replacer makes JSON.stringify several times slower, so that there is one only where there is a BigInt. */
function stringifyMarked(value: unknown, own: string[]): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    own.length = 0;
    return JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? mark(own, String(part)) : part,
    );
  }
}
