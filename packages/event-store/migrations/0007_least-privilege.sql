-- What each service may do, and nothing more. The roles cannot log in: whoever does is a member of one of them
-- (src/login-user.ts). The owner of the tables, who runs the migrations, is neither.
--
-- A later migration grants what its tables and functions need: nothing is granted by default.

-- Roles belong to the whole cluster: the migration of another database, or the DBA, may have made them already.
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['oncelog_consumer', 'oncelog_gateway'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted);
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION
      -- another database's migration was quicker: this one has waited for its commit
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE insufficient_privilege USING MESSAGE = format(
          'the role %I is missing and %I may not create it: have a user with CREATEROLE run '
          '"CREATE ROLE oncelog_consumer NOLOGIN; CREATE ROLE oncelog_gateway NOLOGIN", then migrate again',
          wanted, current_user);
    END;
  END LOOP;
END
$$;

-- The database is for the owner and the two roles: nobody else connects, and nobody makes anything in it. A user who
-- migrates but does not own the database gets warnings here, and it stays as it was.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO oncelog_consumer, oncelog_gateway', current_database());
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO oncelog_consumer, oncelog_gateway', current_schema());
END
$$;

-- Functions can be executed by everybody unless somebody says otherwise; those of later migrations as well.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION refused_events(text[], integer, integer) FROM PUBLIC;

GRANT SELECT ON schema_migrations TO oncelog_consumer, oncelog_gateway;

-- The consumer stores, counts and removes what is old. It reads no payloads and no dead letters: only the columns that
-- tell duplicates and age. SELECT … FOR UPDATE asks for UPDATE of a column, hence those that look idle.
GRANT
  SELECT (seq, topic, event_id, processed_at, batch_id),
  INSERT (seq, topic, event_id, "timestamp", source, payload, batch_id),
  UPDATE (processed_at),
  DELETE
  ON processed_events TO oncelog_consumer;
GRANT USAGE ON SEQUENCE processed_events_seq_seq TO oncelog_consumer;
GRANT SELECT, INSERT, UPDATE (last_repeated_at), DELETE ON applied_batches TO oncelog_consumer;
GRANT SELECT, INSERT, UPDATE (repeated_at), DELETE ON repeated_entries TO oncelog_consumer;
GRANT SELECT, INSERT, UPDATE (received, unique_processed, dead_lettered) ON event_stats TO oncelog_consumer;
GRANT SELECT, INSERT, UPDATE (applied, repeated) ON stream_accounts TO oncelog_consumer;
GRANT
  SELECT (batch_id, position),
  INSERT (batch_id, entry_id, position, events, code, reason, original, full_bytes, full_sha256)
  ON dead_letters TO oncelog_consumer;
GRANT SELECT, UPDATE (batches, received, unique_processed, dead_lettered, last_xid) ON pruned_batches TO oncelog_consumer;
GRANT SELECT, INSERT, UPDATE (events) ON retired_events TO oncelog_consumer;
GRANT EXECUTE ON FUNCTION refused_events(text[], integer, integer) TO oncelog_consumer;

-- The gateway reads. It marks dead letters as replayed, deletes them, and keeps the place of its audit.
GRANT SELECT ON processed_events, applied_batches, event_stats, stream_accounts, pruned_batches, retired_events
  TO oncelog_gateway;
GRANT SELECT, UPDATE (replayed_at, replay_batch_id), DELETE ON dead_letters TO oncelog_gateway;
GRANT
  SELECT,
  UPDATE (
    version, seq, events, applied_before, batches, received, unique_processed, dead_lettered,
    candidate_seq, candidate_taken_at, candidate_xid
  )
  ON audit_checkpoint TO oncelog_gateway;
