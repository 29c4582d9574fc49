import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetterSummary } from '@oncelog/event-schema';
import { type EventFields, event, type System } from '../testing/system.ts';

/** The source whose events Postgres refuses while {@link bury} runs. */
const POISON = 'poison';
const BURIED_WITHIN_MS = 20_000;

/** Publishes events that Postgres refuses as data at the moment, and waits until they are dead letters that can be replayed. */
export async function bury(system: System, ...events: EventFields[]): Promise<DeadLetterSummary[]> {
  const { sql } = system;
  await sql.unsafe(
    `ALTER TABLE processed_events ADD CONSTRAINT test_refuses CHECK (source <> '${POISON}') NOT VALID`,
  );
  try {
    const { batch_id } = await system.publish(
      ...events.map((fields) => event({ ...fields, source: POISON })),
    );
    const path = `/dead-letters?batch_id=${batch_id}`;
    for (const deadline = Date.now() + BURIED_WITHIN_MS; Date.now() < deadline; await delay(50)) {
      const letters = (await (await system.get(path)).json()) as DeadLetterSummary[];
      if (letters.length === events.length) return letters;
    }
    throw new Error(`${batch_id} did not become ${events.length} dead letters`);
  } finally {
    await sql`ALTER TABLE processed_events DROP CONSTRAINT test_refuses`;
  }
}
