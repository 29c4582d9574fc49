import type { TakenMeasure } from '../run-measures.ts';

/** `{"B1":{"value":…,"limit":…,"ratio":…,"exact":true,"runs":[…]}, …}` */
export function jsonReport(taken: readonly TakenMeasure[]): string {
  const entries = taken.map(({ measure: { id, what, target }, result }) => [id, { what, target, ...result }]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}
