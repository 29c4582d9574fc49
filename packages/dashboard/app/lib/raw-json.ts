/**
 * JSON as it was written. `JSON.parse` turns 9007199254740993 into 9007199254740992 and 12.50 into 12.5, so what is shown
 * or copied never passes through it: it is cut out of the server's text.
 */

/** What a piece of pretty JSON is; `plain` is punctuation and white space. */
type PieceKind = 'plain' | 'key' | 'string' | 'number' | 'literal';

export interface Piece {
  readonly kind: PieceKind;
  readonly text: string;
}

/** Thrown for a text that is not JSON. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
}

/**
 * The elements of an array, each as it stands in the text.
 *
 * @throws {NotJsonError}
 */
export function elementsOf(text: string): string[] {
  return partsOf(text, '[', ']');
}

/**
 * The members of an object: name → its value as it stands in the text. Of a name that is there twice, the last.
 *
 * @throws {NotJsonError}
 */
export function membersOf(text: string): Map<string, string> {
  const members = partsOf(text, '{', '}').map((part): [string, string] => {
    const end = stringEnd(part, 0);
    const colon = skipSpace(part, end);
    if (part[colon] !== ':') throw new NotJsonError();
    return [JSON.parse(part.slice(0, end)) as string, part.slice(colon + 1).trim()];
  });
  return new Map(members);
}

/** The parts of an array or object between its own commas, trimmed. */
function partsOf(text: string, open: '[' | '{', close: ']' | '}'): string[] {
  const start = skipSpace(text, 0);
  if (text[start] !== open) throw new NotJsonError();
  const parts: string[] = [];
  let depth = 1;
  let from = start + 1;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at) - 1;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > 1 || (depth === 1 && character !== ',')) continue;
    const part = text.slice(from, at).trim();
    if (part === '' && (depth === 1 || parts.length > 0)) throw new NotJsonError();
    if (part !== '') parts.push(part);
    if (depth === 0) {
      if (character !== close || skipSpace(text, at + 1) !== text.length) throw new NotJsonError();
      return parts;
    }
    from = at + 1;
  }
  throw new NotJsonError();
}

/**
 * The text laid out with two spaces a level, in pieces for colouring. Numbers, strings and the order of members stay
 * exactly as they are; together the pieces are valid JSON again.
 *
 * @throws {NotJsonError}
 */
export function prettyPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  const put = (kind: Exclude<PieceKind, 'plain'>, written: string): void => {
    if (plain !== '') pieces.push({ kind: 'plain', text: plain });
    plain = '';
    pieces.push({ kind, text: written });
  };
  let depth = 0;
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const character = text[at] as string;
    if (character === '"') {
      const end = stringEnd(text, at);
      put(text[skipSpace(text, end)] === ':' ? 'key' : 'string', text.slice(at, end));
      at = end;
    } else if (character === '{' || character === '[') {
      const next = skipSpace(text, at + 1);
      const isEmpty = text[next] === '}' || text[next] === ']';
      if (!isEmpty) depth += 1;
      plain += isEmpty ? `${character}${text[next]}` : character + newLine();
      at = isEmpty ? next + 1 : at + 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth < 0) throw new NotJsonError();
      plain += newLine() + character;
      at += 1;
    } else if (character === ',' || character === ':') {
      plain += character === ',' ? `,${newLine()}` : ': ';
      at += 1;
    } else {
      const end = scalarEnd(text, at);
      const scalar = text.slice(at, end);
      put(kindOf(scalar), scalar);
      at = end;
    }
  }
  if (plain !== '') pieces.push({ kind: 'plain', text: plain });
  if (depth !== 0 || pieces.length === 0) throw new NotJsonError();
  return pieces;
}

/** The same as one text. */
export function prettyText(text: string): string {
  return prettyPieces(text)
    .map((piece) => piece.text)
    .join('');
}

function kindOf(scalar: string): 'number' | 'literal' {
  if (scalar === 'true' || scalar === 'false' || scalar === 'null') return 'literal';
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(scalar)) return 'number';
  throw new NotJsonError();
}

/** Behind the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  if (text[start] !== '"') throw new NotJsonError();
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw new NotJsonError();
}

function scalarEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && !' \t\n\r,:[]{}"'.includes(text[end] as string)) end += 1;
  return end;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\n\r'.includes(text[at] as string)) at += 1;
  return at;
}
