import { type Static, Type } from '@sinclair/typebox';
import { KeptLinesSchema } from './event.ts';

/** One broken rule of a request. */
export const ViolationSchema = Type.Object(
  {
    pointer: Type.String({
      description:
        'JSON pointer (RFC 6901) into the body; /query/<name> for a query parameter, /headers/<name> for a header, /lines/<number> for a line, of which the first is 1.',
    }),
    rule: Type.String({ description: 'Stable code of the rule, in kebab case.' }),
    detail: Type.String({ description: 'A sentence for a person. It never repeats the value sent.' }),
  },
  { description: 'One broken rule of a request.' },
);
export type Violation = Static<typeof ViolationSchema>;

/** The body of every error answer: `application/problem+json`, RFC 9457. */
export const ProblemDetailsSchema = Type.Object(
  {
    type: Type.String({ description: 'Identifies the kind of problem.' }),
    title: Type.String({ description: 'The kind of problem in words.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    detail: Type.String({ description: 'What is wrong with this request, for a person.' }),
    instance: Type.Optional(Type.String({ description: 'Identifies this occurrence.' })),
    request_id: Type.String({ description: 'Find the request in the logs by it.' }),
    code: Type.String({ description: 'Stable code of the problem, for programs.' }),
    errors: Type.Optional(Type.Array(ViolationSchema, { description: 'Every broken rule, at most 100.' })),
    kept: Type.Optional(KeptLinesSchema),
  },
  { description: 'An error.' },
);
export type ProblemDetails = Static<typeof ProblemDetailsSchema>;
