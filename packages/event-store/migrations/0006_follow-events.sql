-- To follow the events in the order of their commits. `seq` is taken before the commit, and so is the transaction's ID,
-- but of an ID Postgres knows whether it had been committed at a moment (pg_visible_in_snapshot).
-- Rows from before have no ID: nobody followed then.
ALTER TABLE applied_batches
  ADD COLUMN xid xid8,
  ADD COLUMN first_seq bigint,
  ADD COLUMN last_seq bigint;
-- a step of its own: as part of ADD COLUMN it would give all rows from before the ID of this transaction
ALTER TABLE applied_batches ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
COMMENT ON COLUMN applied_batches.xid IS 'The transaction that applied the batch.';
COMMENT ON COLUMN applied_batches.first_seq IS
  'Lowest seq of the events that it brought first; those of other batches may lie in between. Null where it brought none.';
COMMENT ON COLUMN applied_batches.last_seq IS 'The highest.';
CREATE INDEX applied_batches_xid ON applied_batches (xid, first_seq) WHERE first_seq IS NOT NULL;

ALTER TABLE pruned_batches ADD COLUMN last_xid xid8;
COMMENT ON COLUMN pruned_batches.last_xid IS 'Highest xid of a row that was pruned: who follows from before it misses events.';
