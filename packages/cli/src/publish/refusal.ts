import { InvalidEventError, PublishRejectedError } from '@oncelog/client';
import type { Item, RefusedLine, Violation } from './item.ts';

/** What is to be done about a batch that was refused. */
export interface Split {
  readonly refused: readonly RefusedLine[];
  /** To be sent again, as batches of their own. */
  readonly again: readonly (readonly Item[])[];
}

/** Statuses that speak of the events. Others, such as 401, hold for all that would follow. */
const OF_EVENTS = [400, 413, 422];

/** A rule on all numbers of a request together: what breaks it in company may keep it alone. */
const SHARED_RULE = 'number-expansion';

/**
 * Which lines of a refused batch are at fault: those that the answer points at, or, where it points at none, what is left
 * when the batch was halved often enough.
 *
 * @returns undefined where the events are not at fault
 */
export function splitRefused(items: readonly Item[], error: unknown): Split | undefined {
  if (error instanceof InvalidEventError) {
    const { index, pointer } = error;
    const detail = error.message.slice(pointer.length + 2);
    return without(items, new Map([[index, [{ pointer: atEvent(pointer).pointer, rule: 'event', detail }]]]));
  }
  if (!(error instanceof PublishRejectedError) || !OF_EVENTS.includes(error.status)) return undefined;
  const { problem, status } = error;
  if (problem?.errors?.some(({ pointer }) => pointer.startsWith('/headers'))) return undefined;
  const named = new Map<number, Violation[]>();
  for (const { pointer, rule, detail } of problem?.errors ?? []) {
    const { index, pointer: path } = atEvent(pointer);
    if (index === undefined || index >= items.length) continue;
    named.set(index, [...(named.get(index) ?? []), { pointer: path, rule, detail }]);
  }
  if (named.size > 0) return without(items, named);
  if (items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    return { refused: [], again: [items.slice(0, middle), items.slice(middle)] };
  }
  const [first] = problem?.errors ?? [];
  const violation = {
    pointer: first?.pointer ?? '',
    rule: first?.rule ?? problem?.code ?? String(status),
    detail: first?.detail ?? problem?.detail ?? `the answer was ${status}`,
  };
  return { refused: items.map(({ line }) => ({ line, errors: [violation] })), again: [] };
}

function without(items: readonly Item[], named: ReadonlyMap<number, readonly Violation[]>): Split {
  const isShared = (index: number): boolean =>
    items.length > 1 && (named.get(index)?.every(({ rule }) => rule === SHARED_RULE) ?? false);
  const refused: RefusedLine[] = [];
  const rest: Item[] = [];
  const apart: Item[][] = [];
  for (const [index, item] of items.entries()) {
    const errors = named.get(index);
    if (errors === undefined) rest.push(item);
    else if (isShared(index)) apart.push([item]);
    else refused.push({ line: item.line, errors });
  }
  return { refused, again: rest.length === 0 ? apart : [rest, ...apart] };
}

/** `/events/3/timestamp` → 3 and `/timestamp`. */
function atEvent(pointer: string): { index: number | undefined; pointer: string } {
  const [, digits, path = ''] = /^\/events\/(\d+)(\/.*)?$/s.exec(pointer) ?? [];
  return { index: digits === undefined ? undefined : Number(digits), pointer: path };
}
