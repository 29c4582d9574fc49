import { type Static, Type } from '@sinclair/typebox';
import { NameType, TimestampType } from './string-types.ts';

/** What an API key may do. */
export const ScopeSchema = Type.Union(
  [Type.Literal('publish'), Type.Literal('read'), Type.Literal('admin')],
  {
    description:
      '`publish` events, `read` events and figures; `admin` both, and replay and delete dead letters.',
  },
);
export type Scope = Static<typeof ScopeSchema>;

/** The body of `POST /session`. */
export const SignInSchema = Type.Object(
  { api_key: Type.String({ minLength: 1, maxLength: 200, description: 'An API key, whole.' }) },
  { description: 'Who signs in.' },
);
export type SignIn = Static<typeof SignInSchema>;

/** The answer to `GET /session` and `POST /session`. */
export const SessionSchema = Type.Object(
  {
    anonymous: Type.Boolean({
      description: 'This gateway asks nobody for a key: whoever reaches it may do everything.',
    }),
    id: Type.Union([Type.String(), Type.Null()], { description: 'Of the key: what comes after `olk_`.' }),
    name: Type.Union([Type.String(), Type.Null()], {
      description: 'What the key is for, where it has a name.',
    }),
    scopes: Type.Array(ScopeSchema, { description: 'What may be done.' }),
    topics: Type.Union([Type.Array(NameType('A prefix.')), Type.Null()], {
      description: 'Prefixes of the topics that the key is limited to; null where it is not.',
    }),
    expires_at: Type.Union([TimestampType('When it ends.'), Type.Null()], {
      description: 'When the key, or the session of a browser, ends; null where it does not.',
    }),
  },
  { description: 'Who asks, and what they may do.' },
);
export type Session = Static<typeof SessionSchema>;
