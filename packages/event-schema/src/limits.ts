/** Most events in one request, unless the gateway is configured otherwise. */
export const MAX_EVENTS_PER_BATCH = 1000;

/** Most bytes of one request's body after decompression, unless the gateway is configured otherwise. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/**
 * Most characters (Unicode code points) of topic, event_id and source. Four bytes each at most, so that
 * (topic, event_id) stays below the 2,704 bytes of a Postgres index row.
 */
export const MAX_NAME_CHARACTERS = 255;

/** Most levels of objects and arrays in a payload; the payload itself is level 1. */
export const MAX_PAYLOAD_DEPTH = 64;

/**
 * Most levels of the whole document, ignored properties included. A payload sits at level 4 (document, events,
 * event, payload), so this one limit is also the payload's.
 */
export const MAX_DOCUMENT_DEPTH = MAX_PAYLOAD_DEPTH + 3;

/** Most digits before and after the decimal point of a number that Postgres' `numeric`, hence `jsonb`, can hold. */
export const MAX_INTEGER_DIGITS = 131_072;
export const MAX_FRACTION_DIGITS = 16_383;

/**
 * Most digits that the numbers with an exponent of one request may have when written out. `jsonb` returns
 * `1e131071` as 131,072 digits: without this limit 5 MiB of them would be 70 GB when read back, and a
 * page of events far more.
 */
export const MAX_WRITTEN_OUT_DIGITS = 256 * 1024;

/** Most digits of a timestamp's fraction of a second: picoseconds. Postgres rounds to microseconds. */
export const MAX_TIMESTAMP_FRACTION_DIGITS = 12;

export const DEFAULT_EVENTS_LIMIT = 100;
export const MAX_EVENTS_LIMIT = 1000;

/** Most topics that one query can ask for. */
export const MAX_TOPICS_PER_QUERY = 50;

/** Most batch ids that one query can ask for. */
export const MAX_RECEIPT_IDS = 100;

/** Most batch ids that one answer names. A body of lines may be made into any number of batches. */
export const MAX_ANSWERED_BATCH_IDS = 1000;

export const MAX_CURSOR_CHARACTERS = 100;

/** Most bytes of a query's JSON document, in UTF-8 and not percent-encoded: it shares 16 KiB with all other headers. */
export const MAX_CONTAINS_BYTES = 4096;

/** Most violations that one answer lists: enough to mend a producer, too few to fill a network. */
export const MAX_VIOLATIONS = 100;

/** Most topics in a status of GET /live. */
export const MAX_LIVE_TOPICS = 100;

/** A status of GET /live counts no more open dead letters than this, once a second. */
export const MAX_COUNTED_OPEN_LETTERS = 100_000;
