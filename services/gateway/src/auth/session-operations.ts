import { type Session, SessionSchema, SignInSchema } from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { contentEncoding } from '../api/headers.ts';
import { json, operations } from '../api/operation.ts';
import { OF_BODY } from '../api/problem-sets.ts';
import { ANY_KEY } from './access.ts';

const example: Session = {
  anonymous: false,
  id: 'k3v9x0q2m7ab',
  name: 'the dashboard of the night shift',
  scopes: ['read'],
  topics: null,
  expires_at: '2026-02-01T00:00:00.000Z',
};

export const SESSION_OPERATIONS = operations({
  readSession: {
    method: 'get',
    path: '/session',
    tag: 'Service',
    access: ANY_KEY,
    summary: 'Who asks, and what they may do',
    answers: { 200: json(SessionSchema, { description: 'The key, or nobody in particular.', example }) },
    problems: [],
  },
  signIn: {
    method: 'post',
    path: '/session',
    tag: 'Service',
    access: 'open',
    summary: 'Sign in with a key, for browsers: answers a session cookie',
    description:
      'The cookie `oncelog_session` is kept from scripts, sent to this site only, and good for 12 hours, or until its key ends. Requests that change something need to come from a page of this gateway as well.',
    headers: Type.Object({ 'Content-Encoding': contentEncoding }),
    body: { schema: SignInSchema, example: { api_key: `olk_${example.id}_${'x'.repeat(43)}` } },
    answers: {
      200: json(SessionSchema, {
        description: 'Signed in. Where this gateway asks for no keys, there is no cookie.',
        headers: ['Set-Cookie'],
        example,
      }),
    },
    problems: [...OF_BODY, 'unauthenticated', 'forbidden', 'invalid-sign-in', 'too-many-requests'],
  },
  signOut: {
    method: 'delete',
    path: '/session',
    tag: 'Service',
    access: 'open',
    summary: 'Sign out: the browser forgets its session',
    answers: { 204: { description: 'It is forgotten.', headers: ['Set-Cookie'] } },
    problems: ['forbidden'],
  },
});
