import { openDatabase } from '@oncelog/event-store';
import type { DatabaseMetrics, Logger, Registry } from '@oncelog/service-kit';
import { createTail, type Tail } from './tail.ts';

export interface OpenTailDeps {
  readonly log: Logger;
  readonly opened: AsyncDisposableStack;
  readonly random: () => number;
  readonly registry: Registry;
  readonly pool: DatabaseMetrics['pool'];
}

/** Ends a page that takes longer, to ask for a smaller one. */
const PAGE_TIMEOUT_MS = 4_000;

/**
 * The tail with its two connections, which are made when somebody first follows: one to read for all, and one for those
 * who have to catch up, so that neither waits for the other, nor queries for them.
 */
export function openTail(
  { opened, pool, ...deps }: OpenTailDeps,
  { databaseUrl }: { readonly databaseUrl: string },
): Tail {
  const open = (kind: string) => {
    const database = openDatabase({
      url: databaseUrl,
      name: `oncelog-gateway-${kind}`,
      ...pool(kind, 1),
      statementTimeoutMs: PAGE_TIMEOUT_MS,
      planOnce: true,
    });
    return database;
  };
  const [database, resumeDatabase] = [open('tail'), open('tail-resume')];
  // side by side: each may take its full second when Postgres hangs
  opened.defer(async () => {
    await Promise.all([database.close(), resumeDatabase.close()]);
  });
  const tail = createTail({ ...deps, database, resumeDatabase, elapsedMs: () => performance.now() });
  opened.defer(() => tail.stop());
  return tail;
}
