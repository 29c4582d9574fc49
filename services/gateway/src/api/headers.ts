import { Type } from '@sinclair/typebox';

// What clients may send in headers, for operations to name: Type.Object({ 'Idempotency-Key': idempotencyKey })

export const idempotencyKey = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: '^[!-~]+$',
    description:
      'Visible ASCII. The same request under the same key is one batch, however often it is sent, and counts once.',
  }),
);

export const contentEncoding = Type.Optional(
  Type.Union(
    ['gzip', 'deflate', 'br', 'identity'].map((encoding) => Type.Literal(encoding)),
    { description: 'How the body is compressed.' },
  ),
);

export const traceparent = Type.Optional(
  Type.String({
    description:
      'The place in a trace that the batch comes from, as W3C Trace Context has it. It goes with the batch to the statement that stores it. One that is none is ignored.',
    examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  }),
);

const attribute = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `Of a CloudEvent in binary mode: ${description}` }));

/** Any other attribute of a CloudEvent, and any extension, has a header `ce-<name>` as well. */
export const cloudEventHeaders = {
  'ce-specversion': attribute('the version of CloudEvents, 1.0.'),
  'ce-type': attribute('what happened. It becomes the topic.'),
  'ce-source': attribute('who produced it, a URI reference. With ce-id it becomes the event_id.'),
  'ce-id': attribute('what identifies it within its source.'),
  'ce-time': attribute('when it happened. Without it, that is when it arrived.'),
};

/** Every operation takes it. */
export const requestId = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z0-9._-]{1,128}$',
    description: 'For the logs. One that does not fit is replaced.',
  }),
);
