/**
 * An executable model of the data path: producer, stream, pending entries list, ledger and table, small enough to
 * be searched for a counterexample. A step is atomic exactly where the real system is atomic: one Redis command or
 * script, or one SQL statement. Everything else may be interleaved, repeated or cut off by a crash.
 *
 *   producer ─send, resend─▶ stream ─deliver─▶ member's hands ─commit─▶ table, counters, ledger
 *                              │ ▲                  │ crash loses the hands, never the pending entries list
 *                              │ └──────ack─────────┘ a claim copies an entry into other hands (zombies)
 *                              └─ trim, lose group ─ prune (ledger)
 */

/** The rules that keep the counts exact. Each can be taken away, to see that it is needed. */
export interface Rules {
  /** A batch that is in the ledger changes nothing. */
  readonly ledger: boolean;
  /** Events are unique by key. */
  readonly uniqueKeys: boolean;
  /** Only committed entries are acknowledged. */
  readonly acknowledgeAfterCommit: boolean;
  /** Entries of dead members are taken over. */
  readonly claim: boolean;
  /** Only what the group has acknowledged is trimmed. */
  readonly trimBelowAcknowledged: boolean;
  /** Ledger rows are pruned only when no entry of their batch is in the stream. */
  readonly pruneAfterTrim: boolean;
  /** An entry that repeats a batch is counted as repeated, once. */
  readonly countRepeats: boolean;
  /** A lost group is created again at the stream's beginning, not at its end. */
  readonly groupAtBeginning: boolean;
}

export const ALL_RULES: Rules = {
  ledger: true,
  uniqueKeys: true,
  acknowledgeAfterCommit: true,
  claim: true,
  trimBelowAcknowledged: true,
  pruneAfterTrim: true,
  countRepeats: true,
  groupAtBeginning: true,
};

export interface Batch {
  readonly id: number;
  readonly keys: readonly string[];
}

interface Entry {
  readonly id: number;
  readonly batch: Batch;
}

interface Member {
  /** Entries in its memory, oldest first, and whether it has committed them. */
  hands: { readonly entry: Entry; committed: boolean }[];
  /** False between a crash and the restart. */
  alive: boolean;
}

export interface World {
  readonly rules: Rules;
  stream: Entry[];
  nextEntryId: number;
  /** The last entry that the group has delivered. */
  lastDelivered: number;
  /** Entry ID → member. */
  readonly pending: Map<number, number>;
  readonly members: Member[];
  /** Batches that were ever appended: each was, or may have been, answered with 202. */
  readonly accepted: Map<number, Batch>;
  /** Batches that no producer sends again. */
  readonly closed: Set<number>;
  readonly table: string[];
  readonly ledger: Map<number, number>;
  readonly repeated: Set<number>;
  appended: number;
  received: number;
  unique: number;
  repeatedEvents: number;
}

export function createWorld(rules: Rules, members: number): World {
  return {
    rules,
    stream: [],
    nextEntryId: 1,
    lastDelivered: 0,
    pending: new Map(),
    members: Array.from({ length: members }, () => ({ hands: [], alive: true })),
    accepted: new Map(),
    closed: new Set(),
    table: [],
    ledger: new Map(),
    repeated: new Set(),
    appended: 0,
    received: 0,
    unique: 0,
    repeatedEvents: 0,
  };
}

/** What can happen. Steps that make no sense at the moment do nothing. */
export type Step =
  | { readonly step: 'send'; readonly batch: Batch }
  | { readonly step: 'close'; readonly batch: number }
  | {
      readonly step: 'deliver' | 'commit' | 'acknowledge' | 'crash' | 'restart' | 'claim';
      readonly member: number;
    }
  | { readonly step: 'trim' | 'loseGroup' | 'prune' };

export function take(world: World, step: Step): void {
  if (step.step === 'send') send(world, step.batch);
  else if (step.step === 'close') world.closed.add(step.batch);
  else if ('member' in step) MEMBER_STEPS[step.step](world, step.member % world.members.length);
  else WORLD_STEPS[step.step](world);
}

const MEMBER_STEPS = { deliver, commit, acknowledge, crash, restart, claim };
const WORLD_STEPS = { trim, loseGroup, prune };

/** Also a retry: of a client that never saw its answer, or of a gateway whose append has an unknown outcome. */
function send(world: World, batch: Batch): void {
  if (world.closed.has(batch.id)) return;
  world.stream.push({ id: world.nextEntryId++, batch });
  world.accepted.set(batch.id, batch);
  world.appended += batch.keys.length;
}

function deliver(world: World, number: number): void {
  const member = world.members[number] as Member;
  const entry = world.stream.find(({ id }) => id > world.lastDelivered);
  if (!member.alive || entry === undefined) return;
  world.lastDelivered = entry.id;
  world.pending.set(entry.id, number);
  member.hands.push({ entry, committed: false });
  if (!world.rules.acknowledgeAfterCommit) world.pending.delete(entry.id);
}

/** The one statement: ledger, events and counters together, or nothing. */
function commit(world: World, number: number): void {
  const held = world.members[number]?.hands.find(({ committed }) => !committed);
  if (held === undefined) return;
  held.committed = true;
  const { entry } = held;
  const first = world.ledger.get(entry.batch.id);
  if (world.rules.ledger && first !== undefined) {
    if (first !== entry.id) countRepeat(world, entry);
    return;
  }
  world.ledger.set(entry.batch.id, entry.id);
  for (const key of entry.batch.keys) {
    world.received += 1;
    if (world.rules.uniqueKeys && world.table.includes(key)) continue;
    world.table.push(key);
    world.unique += 1;
  }
}

function countRepeat(world: World, { id, batch }: Entry): void {
  if (!world.rules.countRepeats || world.repeated.has(id)) return;
  world.repeated.add(id);
  world.repeatedEvents += batch.keys.length;
}

function acknowledge(world: World, number: number): void {
  const member = world.members[number] as Member;
  const at = member.hands.findIndex(({ committed }) => committed);
  const [held] = at === -1 ? [] : member.hands.splice(at, 1);
  if (held !== undefined) world.pending.delete(held.entry.id);
}

function crash(world: World, number: number): void {
  const member = world.members[number] as Member;
  member.hands = [];
  member.alive = false;
}

/** Starts under the old name: what is pending for it comes first. */
function restart(world: World, number: number): void {
  const member = world.members[number] as Member;
  if (member.alive) return;
  member.alive = true;
  for (const [id, owner] of world.pending) if (owner === number) hold(world, number, id);
}

/** Takes the oldest entry of another member, which may be dead, or a zombie that still holds it. */
function claim(world: World, number: number): void {
  const found = [...world.pending].find(([, owner]) => owner !== number);
  if (!world.rules.claim || world.members[number]?.alive !== true || found === undefined) return;
  world.pending.set(found[0], number);
  hold(world, number, found[0]);
}

function hold(world: World, number: number, entryId: number): void {
  const entry = world.stream.find(({ id }) => id === entryId);
  if (entry !== undefined) world.members[number]?.hands.push({ entry, committed: false });
}

function trim(world: World): void {
  const oldestPending = Math.min(...world.pending.keys());
  const bound = world.rules.trimBelowAcknowledged
    ? Math.min(oldestPending, world.lastDelivered)
    : world.nextEntryId - 1;
  world.stream = world.stream.filter(({ id }) => id >= bound);
}

/** XGROUP DESTROY, or a failover: members notice and create the group again. */
function loseGroup(world: World): void {
  world.pending.clear();
  world.lastDelivered = world.rules.groupAtBeginning ? 0 : world.nextEntryId - 1;
}

/** Only batches that nobody sends again: retention is longer than any producer retries. */
function prune(world: World): void {
  for (const batch of world.ledger.keys()) {
    const inStream = world.stream.some((entry) => entry.batch.id === batch);
    const inHands = world.members.some(({ hands }) => hands.some(({ entry }) => entry.batch.id === batch));
    const safe = !inStream && !inHands;
    if (world.closed.has(batch) && (safe || !world.rules.pruneAfterTrim)) world.ledger.delete(batch);
  }
}

/** Faults end: dead members stay dead except the last, which finishes everything. */
export function settle(world: World): void {
  const last = world.members.length - 1;
  restart(world, last);
  const busy = () => world.pending.size > 0 || world.stream.some(({ id }) => id > world.lastDelivered);
  for (let rounds = 0; rounds < 1_000 && (busy() || holding(world)); rounds += 1) {
    deliver(world, last);
    claim(world, last);
    for (const number of world.members.keys()) {
      commit(world, number); // zombies wake up as well
      acknowledge(world, number);
    }
  }
}

const holding = ({ members }: World): boolean => members.some(({ hands }) => hands.length > 0);

/** What is wrong at rest; nothing, if all rules hold. */
export function violations(world: World): string[] {
  const batches = [...world.accepted.values()];
  const sent = new Set(batches.flatMap(({ keys }) => keys));
  const accepted = batches.reduce((sum, { keys }) => sum + keys.length, 0);
  const wrong: string[] = [];
  const demand = (holds: boolean, rule: string) => holds || wrong.push(rule);
  demand(world.pending.size === 0, 'nothing is pending');
  demand(
    [...sent].every((key) => world.table.includes(key)),
    'every accepted event is stored',
  );
  demand(
    world.table.every((key) => sent.has(key)),
    'nothing is stored that was not sent',
  );
  demand(new Set(world.table).size === world.table.length, 'every event is stored once');
  demand(world.received === accepted, 'every accepted event is received once');
  demand(world.unique === world.table.length, 'unique_processed is the number of rows');
  demand(world.appended - world.repeatedEvents === accepted, 'accepted = appended - repeated');
  return wrong;
}
