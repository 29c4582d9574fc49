/**
 * Cuts the events out of a body, each as its JSON text, to the byte: parsing and writing them again would change
 * numbers. Only bodies that Postgres has refused come here.
 *
 * @param body JSON text: a document with events, or an array of such documents
 * @returns the elements of each document's last top-level `events`, or undefined where the body is not that
 */
export function splitEvents(body: string): string[] | undefined {
  const value = parsed(body);
  if (holdsEvents(value)) return eventsOf(body);
  const isGathered = Array.isArray(value) && value.length > 0 && value.every(holdsEvents);
  return isGathered ? elementsOf(body).flatMap(eventsOf) : undefined;
}

/** The elements of a JSON array. */
function elementsOf(array: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = 0; // of the current element
  for (let at = 0; at < array.length; at += 1) {
    const char = array[at] as string;
    if (depth === 1 && (char === ',' || char === ']')) {
      const element = array.slice(start, at).trim();
      if (element !== '') elements.push(element);
      start = at + 1;
    }
    if (char === '"') at = endOfString(array, at);
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return elements;
}

/** The elements of a document's last top-level `events`. */
function eventsOf(document: string): string[] {
  let events = '[]';
  let depth = 0;
  let key = '';
  let text = ''; // the last string at the top level: a key, if a colon follows
  let start = 0; // of the value of the current key
  for (let at = 0; at < document.length; at += 1) {
    const char = document[at] as string;
    if (char === '"') {
      const end = endOfString(document, at);
      if (depth === 1) text = document.slice(at, end + 1);
      at = end;
    } else if (char === ':' && depth === 1) {
      key = JSON.parse(text) as string;
      start = at + 1;
    } else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 1 && key === 'events') events = document.slice(start, at + 1);
    }
  }
  return elementsOf(events);
}

/** Where the string that begins at `start` ends; the body is known to be JSON. */
function endOfString(body: string, start: number): number {
  let at = start + 1;
  while (body[at] !== '"') at += body[at] === '\\' ? 2 : 1;
  return at;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function holdsEvents(document: unknown): boolean {
  return (
    typeof document === 'object' &&
    document !== null &&
    Array.isArray((document as { events?: unknown }).events)
  );
}
