/**
 * The members of a JSON object, each value as the text that stands there: numbers keep every digit, which JSON.parse would
 * not. For a name that stands there twice the last value, as JSON.parse has it.
 *
 * @param json an object that JSON.parse accepts
 */
export function memberTexts(json: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = json.indexOf('{') + 1;
  for (;;) {
    at = json.indexOf('"', at);
    if (at === -1) return members;
    const keyEnd = endOfString(json, at);
    const name = JSON.parse(json.slice(at, keyEnd)) as string;
    const start = json.indexOf(':', keyEnd) + 1;
    const end = endOfValue(json, start);
    members.set(name, json.slice(start, end).trim());
    if (json[end] !== ',') return members;
    at = end + 1;
  }
}

/** @param start where the opening quote is; @returns the place behind the closing one */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

/** @returns the place of the comma or bracket behind the value */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth--;
    } else if (character === ',' && depth === 0) return at;
  }
  return json.length;
}
