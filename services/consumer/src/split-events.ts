/**
 * Cuts the events out of a body, each as its JSON text, to the byte: parsing and writing them again would change
 * numbers. Only bodies that Postgres has refused come here.
 *
 * @param body JSON text
 * @returns the elements of the last top-level `events`, or undefined where the body is no JSON object with such
 *   an array
 */
export function splitEvents(body: string): string[] | undefined {
  if (!holdsEvents(body)) return undefined;
  let events: string[] = [];
  let depth = 0;
  let key = '';
  let text = ''; // the last string at the top level: a key, if a colon follows
  let start = 0; // of the current element
  for (let at = 0; at < body.length; at += 1) {
    const char = body[at] as string;
    const inEvents = depth === 2 && key === 'events';
    if (inEvents && (char === ',' || char === ']')) {
      const element = body.slice(start, at).trim();
      if (element !== '') events.push(element);
      start = at + 1;
    }
    if (char === '"') {
      const end = endOfString(body, at);
      if (depth === 1) text = body.slice(at, end + 1);
      at = end;
    } else if (char === '{' || char === '[') {
      depth += 1;
      if (depth === 2 && char === '[' && key === 'events') {
        events = [];
        start = at + 1;
      }
    } else if (char === '}' || char === ']') depth -= 1;
    else if (char === ':' && depth === 1) key = JSON.parse(text) as string;
  }
  return events;
}

/** Where the string that begins at `start` ends; the body is known to be JSON. */
function endOfString(body: string, start: number): number {
  let at = start + 1;
  while (body[at] !== '"') at += body[at] === '\\' ? 2 : 1;
  return at;
}

function holdsEvents(body: string): boolean {
  try {
    const document = JSON.parse(body) as { events?: unknown } | null;
    return typeof document === 'object' && Array.isArray(document?.events);
  } catch {
    return false;
  }
}
