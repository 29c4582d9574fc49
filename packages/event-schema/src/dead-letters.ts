import { type Static, Type } from '@sinclair/typebox';
import { DEFAULT_EVENTS_LIMIT, MAX_EVENTS_LIMIT } from './limits.ts';
import { CursorType } from './queries.ts';
import { NameType, TimestampType, UuidType } from './string-types.ts';

const filter = {
  code: Type.Optional(NameType('Only letters with this code.')),
  batch_id: Type.Optional(UuidType('Only letters of this batch.')),
  since: Type.Optional(TimestampType('Only letters created at or after this time.')),
  until: Type.Optional(TimestampType('Only letters created before this time.')),
};

const state = Type.Optional(
  Type.Union([Type.Literal('open'), Type.Literal('replayed')], {
    description: 'Only letters that were not replayed yet, or only those that were.',
  }),
);

const all = Type.Optional(
  Type.Literal(true, { description: 'In the place of a filter: all letters. One of both is required.' }),
);

function Limit(description: string) {
  return Type.Integer({ minimum: 1, maximum: MAX_EVENTS_LIMIT, default: DEFAULT_EVENTS_LIMIT, description });
}

/** The parameters of `GET /dead-letters`, as `parseDeadLettersQuery` returns them. */
export const DeadLettersQuerySchema = Type.Object({
  ...filter,
  state,
  limit: Limit('Most letters to return.'),
  cursor: Type.Optional(CursorType('Where to continue: opaque, from the Link header of the page before.')),
});
export type DeadLettersQuery = Static<typeof DeadLettersQuerySchema>;

/** The parameters of `DELETE /dead-letters`, as `parseDeadLetterDeletion` returns them. */
export const DeadLetterDeletionSchema = Type.Object({
  ...filter,
  state,
  all,
  limit: Limit('Most letters to delete in this call.'),
});
export type DeadLetterDeletion = Static<typeof DeadLetterDeletionSchema>;

/** The body of `POST /dead-letters/replay`, as `parseDeadLetterReplay` returns it. Only open letters are replayed. */
export const DeadLetterReplaySchema = Type.Object({
  ...filter,
  all,
  limit: Limit('Most letters to look at in this call, the oldest first.'),
  cursor: Type.Optional(CursorType('Where to continue: opaque, from the answer before.')),
});
export type DeadLetterReplay = Static<typeof DeadLetterReplaySchema>;

const letter = {
  id: Type.String({
    pattern: '^[1-9][0-9]*$',
    description: 'Identifies the letter; later ones are greater.',
  }),
  batch_id: UuidType('The batch that brought the event. For a foreign entry, an id that was made up.'),
  entry_id: Type.String({ description: 'The entry of the stream that brought it.' }),
  position: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'Index of the event in its batch; null where the whole entry is dead.',
  }),
  events: Type.Integer({ minimum: 1, description: 'How many events it stands for in dead_lettered.' }),
  code: Type.String({
    description: 'SQLSTATE of the refusal; "unreadable" or "foreign" where the whole entry is dead.',
  }),
  reason: Type.String({ description: 'Why it could not be stored, for a person.' }),
  original_bytes: Type.Integer({ minimum: 0, description: 'Size of the original.' }),
  created_at: TimestampType('When it was buried.'),
  replayed_at: Type.Union([TimestampType('A time.'), Type.Null()], {
    description: 'When it was published again; null while it is open.',
  }),
  replay_batch_id: Type.Union([UuidType('A batch.'), Type.Null()], {
    description: 'The batch that it was published again in: ask GET /batches what became of it.',
  }),
};

/** The parameter of paths that lead to one letter. */
export const DeadLetterAddressSchema = Type.Object({ id: letter.id });
export type DeadLetterAddress = Static<typeof DeadLetterAddressSchema>;

/** One element of the answer to `GET /dead-letters`. */
export const DeadLetterSummarySchema = Type.Object(
  {
    ...letter,
    original_preview: Type.String({
      description: 'The beginning of the original; what is not UTF-8 is replaced by U+FFFD.',
    }),
  },
  { description: 'A dead letter in short.' },
);
export type DeadLetterSummary = Static<typeof DeadLetterSummarySchema>;

/** The answer to `GET /dead-letters/{id}`. Either `original` or `original_base64` is there. */
export const DeadLetterSchema = Type.Object(
  {
    ...letter,
    original: Type.Optional(Type.String({ description: 'The original, where it is UTF-8.' })),
    original_base64: Type.Optional(Type.String({ description: 'The original, where it is not.' })),
    original_sha256: Type.Optional(
      Type.String({
        description: 'SHA-256 of the whole original, where it was too large and only its beginning is kept.',
      }),
    ),
  },
  { description: 'A dead letter with its original.' },
);
export type DeadLetter = Static<typeof DeadLetterSchema>;

/** The answer to `POST /dead-letters/{id}/replay`, the same however often it is asked. */
export const DeadLetterReplayedSchema = Type.Object(
  {
    status: Type.Literal('accepted'),
    id: letter.id,
    replay_batch_id: UuidType('The new batch: ask GET /batches what became of it.'),
    replayed_at: TimestampType('When it was published again.'),
  },
  { description: 'The letter is published again and will be applied exactly once.' },
);
export type DeadLetterReplayed = Static<typeof DeadLetterReplayedSchema>;

/** The answer to `POST /dead-letters/replay`. */
export const DeadLetterReplayCountsSchema = Type.Object(
  {
    replayed: Type.Integer({ minimum: 0, description: 'Letters that were published again.' }),
    refused: Type.Integer({
      minimum: 0,
      description: 'Letters that still break the rules of POST /publish: they stay open.',
    }),
    remaining: Type.Integer({ minimum: 0, description: 'Open letters of the filter not looked at yet.' }),
    cursor: Type.Optional(CursorType('Send it with the next call; it is there while letters remain.')),
  },
  { description: 'What became of the letters that this call looked at.' },
);
export type DeadLetterReplayCounts = Static<typeof DeadLetterReplayCountsSchema>;

/** The answer to `DELETE /dead-letters`. */
export const DeadLetterDeletionCountsSchema = Type.Object(
  {
    deleted: Type.Integer({ minimum: 0, description: 'Letters that this call deleted.' }),
    remaining: Type.Integer({ minimum: 0, description: 'Letters of the filter that are left: call again.' }),
  },
  { description: 'What was deleted. The figures of GET /stats do not change.' },
);
export type DeadLetterDeletionCounts = Static<typeof DeadLetterDeletionCountsSchema>;
