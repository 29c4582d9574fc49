/** What is wrong with a payload filter, for a person; undefined where nothing is, or where it is empty. */
export function containsFault(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'This is not JSON. Names and texts stand in double quotes: {"status": "paid"}.';
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? undefined
    : 'It must be a JSON object, such as {"status": "paid"}.';
}
