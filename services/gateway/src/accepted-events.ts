import type { StreamAccount } from '@oncelog/event-store';
import { type ShardTotals, sumTotals } from '@oncelog/event-stream';

/**
 * What was appended to the streams in their present epochs, each batch once, and what earlier epochs had brought:
 * counted in Redis, so that it can be compared with what Postgres has.
 */
export function acceptedEvents(accounts: readonly StreamAccount[], totals: readonly ShardTotals[]): number {
  const isPresent = ({ shard, epoch }: StreamAccount) =>
    totals.find((of) => of.shard === shard)?.epoch === epoch;
  const { appendedEvents } = sumTotals(totals);
  return accounts.reduce(
    (total, account) => total + (isPresent(account) ? -account.repeated : account.applied),
    appendedEvents,
  );
}
