/**
 * What a failed statement means for the entries it was to apply.
 *
 *   'race'    the statement met another one and was undone; the next try finds other conditions: at once
 *   'data'    Postgres refuses the data itself, now and always: find the events and bury them
 *   'slow'    it was ended because it took too long, or too much memory: again, and then with less at a time
 *   'outage'  anything else, known or not: for ever again, with backoff; never acknowledged
 */
export type FailureKind = 'race' | 'data' | 'slow' | 'outage';

const RACES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

const TOO_MUCH = new Set([
  '57014', // query_canceled: statement_timeout
  '53200', // out_of_memory
]);

const DATA = new Set([
  '23502', // not_null_violation
  '23514', // check_violation
  '54000', // program_limit_exceeded: an index row that is too large
  '54001', // statement_too_complex: a document nested too deep for the server's stack
]);

/** Sorts a failure by its SQLSTATE (https://www.postgresql.org/docs/18/errcodes-appendix.html). */
export function failureKind(error: unknown): FailureKind {
  const { code, constraint_name: constraint } = error as { code?: unknown; constraint_name?: unknown };
  if (typeof code !== 'string') return 'outage';
  // another member applied one of the batches meanwhile; the next try finds it in the ledger
  if (code === '23505' && constraint === 'applied_batches_pkey') return 'race';
  if (RACES.has(code)) return 'race';
  if (TOO_MUCH.has(code)) return 'slow';
  // class 22, data exception; system errors such as 'ECONNREFUSED' do not start with digits
  if (DATA.has(code) || /^22[0-9A-Z]{3}$/.test(code)) return 'data';
  return 'outage';
}
