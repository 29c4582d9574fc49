import { type Static, Type } from '@sinclair/typebox';
import { TimestampType } from './string-types.ts';

function Figure(description: string) {
  return Type.Integer({ description });
}

/** One comparison of an audit. */
export const AuditCheckSchema = Type.Object(
  {
    name: Type.String({ description: 'What is compared, as a formula in words.' }),
    holds: Type.Boolean({ description: 'Whether it is so.' }),
    left: Figure('The left side of the formula.'),
    right: Figure('The right side of the formula.'),
    detail: Type.String({ description: 'What it means if it does not hold.' }),
  },
  { description: 'One comparison of an audit.' },
);
export type AuditCheck = Static<typeof AuditCheckSchema>;

/** What an audit has found, in events unless it says otherwise. */
export const AuditFiguresSchema = Type.Object(
  {
    accepted: Figure('Events answered with 202, each batch once, as the stream counted them.'),
    received: Figure('Events applied.'),
    unique_processed: Figure('Events stored, as the counters have it.'),
    duplicate_dropped: Figure('Events whose (topic, event_id) was stored already.'),
    dead_lettered: Figure('Events that can never be stored.'),
    in_flight: Figure('Events accepted and not applied yet.'),
    rows_stored: Figure('Rows in the table of events.'),
    retired: Figure('Events that retention has removed.'),
    ledger_batches: Figure('Batches in the ledger.'),
    pruned_batches: Figure('Batches that retention has removed from the ledger.'),
    rows_counted: Figure(
      'Rows of events and of the ledger that this audit looked at: those after the checkpoint.',
    ),
  },
  { description: 'The figures that were compared.' },
);
export type AuditFigures = Static<typeof AuditFiguresSchema>;

/** The answer to `GET /audit`. */
export const AuditSchema = Type.Object(
  {
    consistent: Type.Boolean({ description: 'Whether every check holds.' }),
    at_rest: Type.Boolean({
      description: 'Whether nothing was in flight: the checks of the streams were then equalities.',
    }),
    full: Type.Boolean({
      description: 'Whether every row was counted, not only those after the checkpoint.',
    }),
    checked_at: TimestampType('When the audit began.'),
    duration_ms: Type.Number({ minimum: 0, description: 'How long it took.' }),
    checks: Type.Array(AuditCheckSchema, { description: 'Every comparison that was made.' }),
    figures: AuditFiguresSchema,
  },
  { description: 'Whether the rows, the ledger, the streams and the counters agree, and where they do not.' },
);
export type Audit = Static<typeof AuditSchema>;

/** The parameters of `GET /audit`. */
export const AuditQuerySchema = Type.Object({
  full: Type.Boolean({
    default: false,
    description: 'Count every row, not only those after the checkpoint.',
  }),
});
export type AuditQuery = Static<typeof AuditQuerySchema>;
