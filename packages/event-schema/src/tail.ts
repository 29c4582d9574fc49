import { type Static, Type } from '@sinclair/typebox';

/** The data of a `dropped` message of `GET /tail`. */
export const TailDroppedSchema = Type.Object(
  {
    events: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'How many events that the filter takes; null where that is not known.',
    }),
    reason: Type.Union([Type.Literal('slow-reader'), Type.Literal('rate'), Type.Literal('retention')], {
      description:
        'slow-reader: this client reads too slowly. rate: events come faster than they are read for the clients of a gateway. retention: the ledger does not reach back to the place that was to be resumed, or stored events were removed.',
    }),
  },
  { description: 'Events were left out.' },
);
export type TailDropped = Static<typeof TailDroppedSchema>;
