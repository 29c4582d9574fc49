import type { AuditCheck, AuditFigures } from '@oncelog/event-schema';
import type { StreamAccount } from '@oncelog/event-store';
import { type ShardTotals, sumTotals } from '@oncelog/event-stream';
import { acceptedEvents } from '../accepted-events.ts';
import type { Measurement } from './measure.ts';

/** Nothing is in the streams, and nothing moved while Postgres was read: the bounds below meet. */
export function isAtRest({ before, after }: Measurement): boolean {
  return before.every((was, at) => {
    const is = after[at];
    return is !== undefined && unmoved(was, is) && isDrained(is) && is.appendedEvents === is.ackedEvents;
  });
}

/** The checks on what was counted by rows: those that a checkpoint has a part in. */
export function countedChecks({ figures: { counters }, stored, ledger }: Measurement): AuditCheck[] {
  return [
    equal('rows stored + retired = unique_processed', [stored, counters.unique_processed], LOST_ROWS),
    equal('ledger + pruned: received = received', [ledger.received, counters.received], LEDGER),
    equal(
      'ledger + pruned: unique_processed = unique_processed',
      [ledger.unique_processed, counters.unique_processed],
      LEDGER,
    ),
    equal(
      'ledger + pruned: dead_lettered = dead_lettered',
      [ledger.dead_lettered, counters.dead_lettered],
      LEDGER,
    ),
  ];
}

/** All checks, in the order of an event's way back from the table to the stream. */
export function checksOf(measurement: Measurement): AuditCheck[] {
  const { figures, before, after } = measurement;
  const { counters, accounts } = figures;
  const applied = accounts.reduce((sum, account) => sum + account.applied, 0);
  const checks = [
    ...countedChecks(measurement),
    equal(
      'applied, over all epochs = received + dead_lettered',
      [applied, counters.received + counters.dead_lettered],
      'What the streams have brought and what the topics have received differ: somebody has changed counters.',
    ),
    ...before.flatMap((was, at) => shardChecks(accounts, was, after[at] ?? was)),
  ];
  if (!isAtRest(measurement)) return checks;
  const { accepted, in_flight } = figuresOf(measurement);
  const rest = counters.received + counters.dead_lettered + in_flight;
  return [...checks, equal('accepted = received + dead_lettered + in_flight', [accepted, rest], AT_REST)];
}

/**
 * The bounds of a shard, which hold at every moment:
 *
 *   acknowledged (read before) ≤ applied + repeated (in the snapshot) ≤ appended (read after)
 *
 * Only what is committed is acknowledged, and only what is appended is applied. The epochs may differ, where the
 * stream was lost in between; each bound takes the account of its own.
 */
function shardChecks(accounts: readonly StreamAccount[], was: ShardTotals, is: ShardTotals): AuditCheck[] {
  const broughtIn = (epoch: string | undefined): number => {
    const account = accounts.find((one) => one.shard === was.shard && one.epoch === epoch);
    return account === undefined ? 0 : account.applied + account.repeated;
  };
  const shard = `shard ${was.shard}`;
  const checks = [
    atMost(
      `${shard}: acknowledged ≤ applied + repeated`,
      [was.ackedEvents, broughtIn(was.epoch)],
      LOST_EVENTS,
    ),
    atMost(`${shard}: applied + repeated ≤ appended`, [broughtIn(is.epoch), is.appendedEvents], LOST_WRITES),
  ];
  if (!unmoved(was, is) || !isDrained(is)) return checks;
  const name = `${shard}: acknowledged = appended, where the stream is empty`;
  return [...checks, equal(name, [is.ackedEvents, is.appendedEvents], VANISHED)];
}

/** Counts only grow in an epoch: equal ones mean that nothing happened in between. */
function unmoved(was: ShardTotals, is: ShardTotals): boolean {
  return (
    was.epoch === is.epoch && was.appendedEvents === is.appendedEvents && was.ackedEvents === is.ackedEvents
  );
}

function isDrained({ lag, pending }: ShardTotals): boolean {
  return lag === 0 && pending === 0;
}

export function figuresOf({ figures, before, stored, ledger }: Measurement): AuditFigures {
  const { counters, accounts, retired, pruned, rows } = figures;
  return {
    accepted: acceptedEvents(accounts, before),
    received: counters.received,
    unique_processed: counters.unique_processed,
    duplicate_dropped: counters.received - counters.unique_processed,
    dead_lettered: counters.dead_lettered,
    in_flight: sumTotals(before).inFlightEvents,
    rows_stored: stored - retired,
    retired,
    ledger_batches: ledger.batches - pruned.batches,
    pruned_batches: pruned.batches,
    rows_counted: rows + figures.ledger.batches,
  };
}

type Sides = readonly [left: number, right: number];

const equal = (name: string, [left, right]: Sides, detail: string): AuditCheck => ({
  name,
  holds: left === right,
  left,
  right,
  detail,
});

const atMost = (name: string, [left, right]: Sides, detail: string): AuditCheck => ({
  name,
  holds: left <= right,
  left,
  right,
  detail,
});

const LOST_ROWS = 'If not, somebody has removed or added events by hand, or changed the counters.';
const LEDGER = 'If not, somebody has removed or changed rows of the ledger, or changed the counters.';
const AT_REST = 'If not, the checks above say where it comes from.';
const LOST_EVENTS =
  'If not, events were acknowledged that are not stored: they are lost, or were deleted unread.';
const LOST_WRITES =
  'If not, Redis has lost writes that it had confirmed, or somebody has changed its counters.';
const VANISHED =
  'If not, entries were deleted from the stream before they were applied: their events are lost.';
