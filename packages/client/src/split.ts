import type { Violation } from './api-types.ts';
import type { Piece, Refusal } from './call.ts';

/** What is to be done about a batch that was refused. */
export interface Split {
  readonly atFault: readonly { readonly piece: Piece; readonly refusal: Refusal }[];
  /** To be sent again, in this order, as batches of their own. */
  readonly again: readonly (readonly Piece[])[];
  /** How many events the gateway takes at most, where that is what was wrong and can be guessed. */
  readonly maxEvents?: number;
}

/** A request as a whole can be too large or broken: halves of it may not be. */
const DIVISIBLE = [400, 413, 422];

/** A rule on all numbers of a request together: what breaks it in company may keep it alone. */
const SHARED_RULE = 'number-expansion';

/**
 * Decides what of a refused batch is at fault. Where the problem document points at events, those are, and the others go
 * out again without them; where it does not, the batch is halved until what is at fault is alone. Refusals that speak of the
 * client, such as 401, hold for all.
 */
export function splitRefused(pieces: readonly Piece[], refusal: Refusal): Split {
  const errors = refusal.problem?.errors ?? [];
  const named = nameEvents(pieces, errors);
  if (named.size > 0) return withoutNamed(pieces, { refusal, named });
  const [first] = pieces;
  if (!DIVISIBLE.includes(refusal.status) || first === undefined) {
    return { atFault: pieces.map((piece) => ({ piece, refusal })), again: [] };
  }
  const tooMany = errors.some(({ pointer, rule }) => pointer === '/events' && rule === 'max-items');
  const events = pieces.reduce((sum, piece) => sum + piece.events.length, 0);
  const hint = tooMany && events > 1 ? { maxEvents: Math.floor(events / 2) } : {};
  if (pieces.length > 1) return { atFault: [], again: halves(pieces), ...hint };
  // The events of one call stay together, unless the gateway takes fewer, or fewer bytes, than this client thinks.
  if (first.events.length > 1 && (tooMany || refusal.status === 413)) {
    return { atFault: [], again: divided(first).map((half) => [half]), ...hint };
  }
  return { atFault: [{ piece: first, refusal }], again: [] };
}

interface NamedEvents {
  readonly refusal: Refusal;
  readonly named: ReadonlyMap<Piece, readonly Violation[]>;
}

function withoutNamed(pieces: readonly Piece[], { refusal, named }: NamedEvents): Split {
  const alone = pieces.length === 1;
  const isAtFault = (piece: Piece): boolean =>
    named.get(piece)?.some(({ rule }) => alone || rule !== SHARED_RULE) ?? false;
  const atFault = pieces.filter(isAtFault).map((piece) => {
    const errors = [...(named.get(piece) ?? [])];
    const problem = refusal.problem && { ...refusal.problem, errors };
    return { piece, refusal: { ...refusal, problem } };
  });
  const rest = pieces.filter((piece) => !isAtFault(piece));
  const apart = rest.filter((piece) => named.has(piece)).map((piece) => [piece]);
  const together = rest.filter((piece) => !named.has(piece));
  return { atFault, again: together.length === 0 ? apart : [together, ...apart] };
}

/** The violations that point at events, by piece, with pointers into the calls that these came with. */
function nameEvents(
  pieces: readonly Piece[],
  errors: readonly Violation[],
): ReadonlyMap<Piece, readonly Violation[]> {
  const named = new Map<Piece, Violation[]>();
  for (const violation of errors) {
    const [, digits, rest = ''] = /^\/events\/(\d+)(\/.*)?$/s.exec(violation.pointer) ?? [];
    const found = digits === undefined ? undefined : locate(pieces, Number(digits));
    if (found === undefined) continue;
    const { piece, index } = found;
    named.set(piece, [...(named.get(piece) ?? []), { ...violation, pointer: `/events/${index}${rest}` }]);
  }
  return named;
}

function locate(pieces: readonly Piece[], position: number): { piece: Piece; index: number } | undefined {
  let before = 0;
  for (const piece of pieces) {
    const at = position - before;
    if (at < piece.events.length) return { piece, index: piece.firstIndex + at };
    before += piece.events.length;
  }
  return undefined;
}

function halves<T>(items: readonly T[]): T[][] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

function divided({ call, firstIndex, events }: Piece): Piece[] {
  let from = firstIndex;
  return halves(events).map((half) => {
    const piece = { call, firstIndex: from, events: half, bytes: sizeOf(half) };
    from += half.length;
    return piece;
  });
}

/** Bytes of events together. */
export function sizeOf(events: readonly Uint8Array[]): number {
  return events.reduce((sum, event) => sum + event.length, 0);
}
