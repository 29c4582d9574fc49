import { type Static, Type } from '@sinclair/typebox';
import { MAX_NAME_CHARACTERS } from './limits.ts';
import { NameType, TimestampType } from './string-types.ts';

/**
 * A CloudEvent 1.0 in the JSON format, as `POST /publish` takes it. What schemas cannot say, such as which characters an
 * attribute may have, is checked by `parseCloudEvent`.
 */
export const CloudEventSchema = Type.Object(
  {
    specversion: Type.Literal('1.0', { description: 'The version of CloudEvents.' }),
    id: Type.String({
      minLength: 1,
      description: 'Identifies the event within its source: who sends both again sends a duplicate.',
    }),
    source: Type.String({
      minLength: 1,
      maxLength: MAX_NAME_CHARACTERS,
      pattern: '^[!#-;=?-Z\\[\\]_a-z~]+$',
      description: 'Who produced the event: a URI reference. With id it becomes the event_id.',
    }),
    type: NameType('What happened. It becomes the topic.'),
    time: Type.Optional(
      TimestampType(
        'When it happened. It becomes the timestamp; without it, that is when the event arrived.',
      ),
    ),
    subject: Type.Optional(
      Type.String({ minLength: 1, description: 'What it is about, within the source.' }),
    ),
    datacontenttype: Type.Optional(
      Type.String({ minLength: 3, description: 'The media type of data; without it, it is JSON.' }),
    ),
    dataschema: Type.Optional(Type.String({ minLength: 1, description: 'The schema of data: a URI.' })),
    data: Type.Optional(Type.Unknown({ description: 'What the event says: any JSON value.' })),
    data_base64: Type.Optional(
      Type.String({ description: 'The same where it is not JSON, in Base64. Not both of them.' }),
    ),
  },
  {
    additionalProperties: true,
    description:
      'A CloudEvent. Other attributes are its extensions: names of small letters and digits, and values that are strings, booleans or integers of 32 bits.',
  },
);
export type CloudEvent = Static<typeof CloudEventSchema>;
