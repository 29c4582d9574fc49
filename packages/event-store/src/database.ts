import postgres, { type Sql } from 'postgres';
import { connectionSettings } from './connection-settings.ts';
import { createSlots } from './slots.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=…`, see connection-settings.ts */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly maxConnections: number;
  /** Postgres itself ends a statement that takes longer; a little later the connection is given up. */
  readonly statementTimeoutMs: number;
  /**
   * Plan each statement once for a connection, whatever its parameters, and by indexes: for statements that are short,
   * and find all they look for by keys. Planning the statement that applies batches takes about a millisecond.
   */
  readonly planOnce?: boolean;
  /** For metrics. */
  readonly observer?: StatementObserver;
}

/** Told what becomes of each statement: it waits for a connection, then begins or gives up, then ends. */
export interface StatementObserver {
  waits(): void;
  begins(): void;
  /** No connection became free in time. */
  givesUp(): void;
  ends(tookMs: number, failed: boolean): void;
}

/** A statement did not end in time, and Postgres did not end it either: whether it took effect is unknown. */
export class DatabaseDeadlineError extends Error {
  constructor(deadlineMs: number) {
    super(`no answer from Postgres within ${deadlineMs} ms`);
    this.name = 'DatabaseDeadlineError';
  }
}

/** How much longer than Postgres's own limit an answer is waited for. */
const DEADLINE_MARGIN_MS = 2_000;

/** A service that stops waits no longer for what is still running. */
const CLOSE_TIMEOUT_SECONDS = 1;
/** postgres.js would wait up to 20 s between two attempts to connect, on top of what its caller waits. */
const RECONNECT_SECONDS = 0.1;

/** A pool of connections on which no statement hangs for ever. */
export interface Database {
  /**
   * Runs one statement. Never more than one: postgres.js transactions are not safe when a backend dies.
   *
   * Waits for a free connection first; the deadline is that of the statement itself.
   *
   * @throws what Postgres or the connection throws (`code` holds the SQLSTATE or the system's error code), and
   *   {@link DatabaseDeadlineError}
   */
  run<T>(statement: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function openDatabase(options: DatabaseOptions): Database {
  const { observer } = options;
  const deadlineMs = options.statementTimeoutMs + DEADLINE_MARGIN_MS;
  const slots = createSlots(options.maxConnections);
  let sql = connect(options);

  /** A stopped or cut-off backend answers nothing: only closing the connection ends the wait. */
  const giveUp = (hung: Sql): void => {
    if (sql === hung) sql = connect(options);
    hung.end({ timeout: 0 }).catch(() => {});
  };

  const runNow = async <T>(statement: (sql: Sql) => Promise<T>): Promise<T> => {
    const used = sql;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new DatabaseDeadlineError(deadlineMs));
      giveUp(used);
    }, deadlineMs);
    try {
      const answer = statement(used);
      answer.catch(() => {}); // it may fail after the deadline, when nobody waits for it any more
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  const takeSlot = async (): Promise<() => void> => {
    observer?.waits();
    try {
      return await slots.take(deadlineMs);
    } catch (error) {
      observer?.givesUp();
      throw error;
    }
  };

  return {
    async run(statement) {
      const release = await takeSlot();
      observer?.begins();
      const begunAt = performance.now();
      let failed = true;
      try {
        const answer = await runNow(statement);
        failed = false;
        return answer;
      } finally {
        release();
        observer?.ends(performance.now() - begunAt, failed);
      }
    },
    close: () => sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
}

/** Without enable_seqscan, a plan made while a table was small would go on reading all of it when it has grown. */
const PLAN_ONCE = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off' };

function connect({ url, name, maxConnections, statementTimeoutMs, planOnce = false }: DatabaseOptions): Sql {
  const settings = connectionSettings(url);
  return postgres(settings.url, {
    max: maxConnections,
    ssl: settings.ssl,
    connect_timeout: 5,
    backoff: () => RECONNECT_SECONDS,
    // array and extension types are never parsed here, so their OIDs need not be looked up at every connect
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: name,
      TimeZone: 'UTC',
      statement_timeout: statementTimeoutMs,
      ...(planOnce ? PLAN_ONCE : {}),
    },
  });
}
