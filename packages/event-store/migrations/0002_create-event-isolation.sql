-- Finds the events that the table refuses, without storing anything: tries to insert ranges of events, always
-- undoes it, and halves a range that fails until single events are left (bisection).
--
-- Takes events as JSON texts, not as one document: reading a document's fields already fails on \u0000.
-- Returns a row for each refused event: its position from 0, the SQLSTATE and the reason. Raises whatever is not
-- the data's fault (a lock that is not granted, a full disk), so that the caller retries.
CREATE FUNCTION refused_events(events text[], lo integer, hi integer)
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
    SELECT DISTINCT ON (e.topic, e.event_id)
      e.topic, e.event_id, e."timestamp", e.source, e.payload, '00000000-0000-0000-0000-000000000000'
    FROM json_to_recordset(('[' || array_to_string(events[lo + 1:hi], ',') || ']')::json) AS e (
      topic text COLLATE "C", event_id text COLLATE "C", "timestamp" timestamptz, source text, payload jsonb
    )
    ORDER BY e.topic, e.event_id
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
