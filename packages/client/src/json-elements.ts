const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Cuts the text of a JSON array into those of its elements, which keep every digit of their numbers. The text must be
 * an array: it has been parsed before.
 */
export function elementsOf(array: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let from = 0;
  const cut = (to: number): void => {
    const element = array.slice(from, to).trim();
    if (element !== '') elements.push(element);
    from = to + 1;
  };
  for (let at = 0; at < array.length; at++) {
    const code = array.charCodeAt(at);
    if (code === QUOTE) at = endOfString(array, at);
    else if (OPENING.has(code)) {
      depth += 1;
      if (depth === 1) from = at + 1;
    } else if (CLOSING.has(code)) {
      depth -= 1;
      if (depth === 0) cut(at);
    } else if (code === COMMA && depth === 1) cut(at);
  }
  return elements;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}
