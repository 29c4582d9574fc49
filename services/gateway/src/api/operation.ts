import type { TObject, TSchema } from '@sinclair/typebox';
import type { Access } from '../auth/access.ts';
import type { ProblemCode } from '../problem.ts';

/** Groups of operations, in the order of the documentation. */
export const TAGS = {
  Events: 'Publish events, find them, follow them.',
  'Dead letters': 'Events that could not be stored: look at them, publish them again, delete them.',
  Figures: 'What was counted, what waits, and whether it all agrees.',
  Service: 'For probes, Prometheus, and those who look around.',
} as const;

/** One route of the gateway, as its clients know it. */
export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/dead-letters/{id}`. */
  readonly path: string;
  readonly tag: keyof typeof TAGS;
  /** Who may use it. `unauthenticated` and `forbidden` are added where they can be to what can go wrong. */
  readonly access: Access;
  /** One line, without a full stop: it is in the answer of `GET /` as well. */
  readonly summary: string;
  /** What the summary leaves out. */
  readonly description?: string;
  /** Of the path, the query and the request's headers: a property for each parameter. */
  readonly pathParameters?: TObject;
  readonly query?: TObject;
  readonly headers?: TObject;
  /** In JSON. */
  readonly body?: Content;
  /** What else the body may be, by media type. */
  readonly otherBodies?: Readonly<Record<string, Content>>;
  /** What is answered when all is well, or as it should be, by status. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** What can go wrong. `internal` always can, `too-many-requests` but for probes, and `invalid-query` where there is a `query`: they are added. */
  readonly problems: readonly ProblemCode[];
}

export interface Answer {
  readonly description: string;
  /** Names of {@link ANSWER_HEADERS}, beside those that every answer has. */
  readonly headers?: readonly AnswerHeader[];
  /** By media type; left out where there is no body. */
  readonly content?: Readonly<Record<string, Content>>;
}

export interface Content {
  readonly schema: TSchema;
  /** One that the schema accepts. */
  readonly example?: unknown;
  /** Of server-sent events: the schema of `data` by the type of the event. Those without a type are `message`. */
  readonly events?: Readonly<Record<string, TSchema>>;
}

/** Headers that some answers carry. */
export const ANSWER_HEADERS = {
  Link: {
    required: false,
    description: 'RFC 8288: `<…>; rel="next"`, where there is a next page. Relative to this server.',
  },
  Location: { required: true, description: 'Where it is instead.' },
  'Retry-After': { required: true, description: 'Seconds after which it is worth asking again.' },
  'WWW-Authenticate': { required: true, description: 'How to authenticate: by a bearer token.' },
  'Set-Cookie': { required: false, description: 'The session, or its end.' },
  'RateLimit-Limit': { required: true, description: 'Requests that a client may send in a window.' },
  'RateLimit-Remaining': { required: true, description: 'How many of them are left.' },
  'RateLimit-Reset': { required: true, description: 'Seconds until the window ends.' },
  Allow: { required: true, description: 'The methods that this path takes.' },
  'X-Request-Id': { required: true, description: 'Find the request in the logs by it.' },
  Vary: { required: true, description: 'The request headers that the answer depends on.' },
} as const;
export type AnswerHeader = keyof typeof ANSWER_HEADERS;

/** An answer with a JSON body. */
export function json(schema: TSchema, answer: Omit<Answer, 'content'> & { example: unknown }): Answer {
  const { example, ...rest } = answer;
  return { ...rest, content: { 'application/json': { schema, example } } };
}

/** Keeps the names of a table's operations in its type, and forgets the rest. */
export function operations<Id extends string>(
  table: Readonly<Record<Id, Operation>>,
): Readonly<Record<Id, Operation>> {
  return table;
}
