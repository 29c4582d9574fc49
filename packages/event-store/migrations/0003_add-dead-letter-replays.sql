-- A dead letter can be published again, once. The letter stays until it is deleted: it says what became of the event.
ALTER TABLE dead_letters
  ADD COLUMN replayed_at timestamptz,
  ADD COLUMN replay_batch_id uuid,
  ADD COLUMN full_bytes bigint,
  ADD COLUMN full_sha256 bytea,
  ADD CONSTRAINT dead_letters_replay CHECK ((replayed_at IS NULL) = (replay_batch_id IS NULL)),
  ADD CONSTRAINT dead_letters_full CHECK ((full_bytes IS NULL) = (full_sha256 IS NULL));
COMMENT ON COLUMN dead_letters.replay_batch_id IS 'The batch that it was published again in. Null while the letter is open.';
COMMENT ON COLUMN dead_letters.full_bytes IS 'Size of an original that was too large: only its beginning is kept. Null where all of it is.';
COMMENT ON COLUMN dead_letters.full_sha256 IS 'SHA-256 of an original that was too large.';

-- The open letters, in order: after years most letters are replayed ones.
CREATE INDEX dead_letters_open ON dead_letters (id) WHERE replayed_at IS NULL;
