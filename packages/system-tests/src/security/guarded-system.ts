import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stats } from '@oncelog/event-schema';
import { expect } from 'vitest';
import { withPreload } from '../faults/preload/entries.ts';
import { openSystem, type System, type SystemOptions } from '../testing/system.ts';

/** A system that can tell whether an attack has left anything behind. */
export interface GuardedSystem extends System {
  /**
   * Waits until nothing is in flight, and fails unless all is as it was but for more events: the same processes, the same relations
   * and roles, figures that add up, and logs that are what the services wrote.
   */
  unharmed(): Promise<Stats>;
  /** Fails as well where the prototypes that all objects share were changed in a service. */
  close(): Promise<void>;
}

/** What a log entry may hold: no controls, no formats, one line. */
const LOG_LINE = /^\{[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\}$/u;
const ERROR = 50;

export async function openGuardedSystem(options: SystemOptions = {}): Promise<GuardedSystem> {
  const prototypes = mkdtempSync(join(tmpdir(), 'oncelog-prototypes-'));
  const exits: string[] = [];
  const system = await openSystem({
    consumers: 1,
    ...options,
    entries: withPreload(new URL('./prototypes.ts', import.meta.url)),
    serviceEnv: { ...options.serviceEnv, PROTOTYPES_DIR: prototypes },
    log: (line) => void (/ exited /.test(line) && exits.push(line)),
  });
  const before = { processes: system.stack.processes, catalogue: await catalogueOf(system) };
  const closeSystem = system.close;

  return Object.assign(system, {
    async unharmed() {
      const stats = await system.settled();
      expect(exits).toEqual([]);
      expect(system.stack.processes).toEqual(before.processes);
      expect(await catalogueOf(system)).toEqual(before.catalogue);
      expect(wrongLogLines(join(system.dataDir, 'logs'))).toEqual([]);
      return stats;
    },
    async close() {
      await closeSystem();
      const files = readdirSync(prototypes);
      const added = Object.fromEntries(
        files.map((file) => [file, readFileSync(join(prototypes, file), 'utf8')]),
      );
      rmSync(prototypes, { recursive: true });
      expect(added).toEqual({ gateway: '', 'consumer-1': '' });
    },
  });
}

/** Everything that a statement of somebody else's could have made, changed or removed. */
async function catalogueOf({ sql }: System): Promise<unknown> {
  const [found] = await sql`SELECT
    (SELECT json_agg((nspname, relname, relkind)::text ORDER BY nspname, relname) FROM pg_class
       JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_(toast|temp)') AS relations,
    (SELECT json_agg(proname ORDER BY pg_proc.oid) FROM pg_proc) AS functions,
    (SELECT json_agg(rolname ORDER BY rolname) FROM pg_roles) AS roles,
    (SELECT json_agg(datname ORDER BY datname) FROM pg_database) AS databases,
    (SELECT json_agg((setdatabase, setrole, setconfig)::text) FROM pg_db_role_setting) AS settings`;
  return found;
}

function wrongLogLines(folder: string): string[] {
  const services = readdirSync(folder).filter((file) => /^(gateway|consumer)/.test(file));
  const lines = services.flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'));
  return lines.filter(
    (line) => !LOG_LINE.test(line) || (JSON.parse(line) as { level: number }).level >= ERROR,
  );
}
