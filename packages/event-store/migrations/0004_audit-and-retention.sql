-- What the self-audit needs to count only what is new, and where retention leaves the sums of what it removes.

-- Ranges are summarized as they fill, not only when the table is vacuumed: the audit and pruning look up by time.
ALTER INDEX applied_batches_applied_at SET (autosummarize = on);

ALTER TABLE applied_batches ADD COLUMN last_repeated_at timestamptz;
COMMENT ON COLUMN applied_batches.last_repeated_at IS
  'When another entry with this batch was last seen. Such an entry may still be in the stream: keeps the row from being pruned.';

-- One row: the sums of the ledger's rows that were pruned.
CREATE TABLE pruned_batches (
  only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  batches          bigint NOT NULL DEFAULT 0,
  received         bigint NOT NULL DEFAULT 0,
  unique_processed bigint NOT NULL DEFAULT 0,
  dead_lettered    bigint NOT NULL DEFAULT 0
);
INSERT INTO pruned_batches DEFAULT VALUES;

-- How many events of each topic retention has removed: unique_processed = rows + retired.
CREATE TABLE retired_events (
  topic  text COLLATE "C" PRIMARY KEY,
  events bigint NOT NULL
);

-- One row: how far the audit has counted. Everything up to the checkpoint is settled (no transaction that could
-- still add to it runs) and need not be counted again; the candidate becomes the checkpoint once it is settled.
CREATE TABLE audit_checkpoint (
  only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version            bigint NOT NULL DEFAULT 0,
  -- events with a seq up to this, and how many of those were ever stored: rows and retired ones
  seq                bigint NOT NULL DEFAULT 0,
  events             bigint NOT NULL DEFAULT 0,
  -- ledger rows applied before this, and the sums of those that ever were: rows and pruned ones
  applied_before     timestamptz NOT NULL DEFAULT '-infinity',
  batches            bigint NOT NULL DEFAULT 0,
  received           bigint NOT NULL DEFAULT 0,
  unique_processed   bigint NOT NULL DEFAULT 0,
  dead_lettered      bigint NOT NULL DEFAULT 0,
  candidate_seq      bigint,
  candidate_taken_at timestamptz,
  -- transactions with a lower ID had begun to write when the candidate was taken
  candidate_xid      xid8
);
INSERT INTO audit_checkpoint DEFAULT VALUES;

-- To prune them by age.
CREATE INDEX repeated_entries_repeated_at ON repeated_entries USING brin (repeated_at) WITH (autosummarize = on);
