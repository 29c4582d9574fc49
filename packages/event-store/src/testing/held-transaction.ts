import type { Sql } from 'postgres';
import type { Database } from '../database.ts';

/** A transaction that is kept open, with statements of ours in it. */
export interface HeldTransaction {
  readonly database: Database;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Begins one on a connection of its own. */
export async function holdTransaction(sql: Sql): Promise<HeldTransaction> {
  const connection = await sql.reserve();
  await connection`BEGIN`;
  return {
    database: { run: (statement) => statement(connection), close: async () => {} },
    async commit() {
      await connection`COMMIT`;
      connection.release();
    },
    async rollback() {
      await connection`ROLLBACK`;
      connection.release();
    },
  };
}
