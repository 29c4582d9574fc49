-- Events in a window of time, newest first: without it a window that lies far back is found by reading all that came
-- after it.
CREATE INDEX processed_events_timestamp ON processed_events ("timestamp", seq);

-- As in 0002, but with the expressions of the statement that applies batches: what one of them refuses, the other must
-- refuse too.
CREATE OR REPLACE FUNCTION refused_events(events text[], lo integer, hi integer)
RETURNS TABLE (refused_position integer, code text, reason text)
LANGUAGE plpgsql AS $$
DECLARE
  middle integer := lo + (hi - lo) / 2;
  state text;
  message text;
BEGIN
  IF hi <= lo THEN
    RETURN;
  END IF;
  BEGIN
    INSERT INTO processed_events (topic, event_id, "timestamp", source, payload, batch_id)
    SELECT DISTINCT ON (event ->> 'topic' COLLATE "C", event ->> 'event_id' COLLATE "C")
      event ->> 'topic', event ->> 'event_id', (event ->> 'timestamp')::timestamptz, event ->> 'source',
      nullif(event -> 'payload', 'null'), '00000000-0000-0000-0000-000000000000'
    FROM jsonb_array_elements(('[' || array_to_string(events[lo + 1:hi], ',') || ']')::jsonb) AS event
    ORDER BY event ->> 'topic' COLLATE "C", event ->> 'event_id' COLLATE "C"
    ON CONFLICT ON CONSTRAINT uq_topic_event_id DO NOTHING;
    RAISE EXCEPTION USING ERRCODE = 'OL000', MESSAGE = 'nothing refused: undo';
  EXCEPTION
    WHEN SQLSTATE 'OL000' THEN
      RETURN;
    -- bad data, NOT NULL and CHECK, an index row or a document that is too large or too deep
    WHEN data_exception OR not_null_violation OR check_violation OR program_limit_exceeded
      OR statement_too_complex THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
  END;
  IF hi - lo = 1 THEN
    RETURN QUERY SELECT lo, state, message;
    RETURN;
  END IF;
  RETURN QUERY SELECT * FROM refused_events(events, lo, middle);
  RETURN QUERY SELECT * FROM refused_events(events, middle, hi);
END
$$;
