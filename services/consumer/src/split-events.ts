/** Strings and single structural characters; what lies between (numbers, literals, space) needs no look. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

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
  let previous = '';
  let start = 0; // of the current element
  for (const { 0: token, index } of body.matchAll(TOKEN)) {
    const inEvents = depth === 2 && key === 'events';
    if (inEvents && (token === ',' || token === ']')) {
      const element = body.slice(start, index).trim();
      if (element !== '') events.push(element);
      start = index + 1;
    }
    if (token === '{' || token === '[') {
      depth += 1;
      if (depth === 2 && token === '[' && key === 'events') {
        events = [];
        start = index + 1;
      }
    } else if (token === '}' || token === ']') depth -= 1;
    else if (token === ':' && depth === 1) key = JSON.parse(previous) as string;
    previous = token;
  }
  return events;
}

function holdsEvents(body: string): boolean {
  try {
    const document = JSON.parse(body) as { events?: unknown } | null;
    return typeof document === 'object' && Array.isArray(document?.events);
  } catch {
    return false;
  }
}
