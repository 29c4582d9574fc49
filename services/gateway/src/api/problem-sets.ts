import type { ProblemCode } from '../problem.ts';

/** What can go wrong with a body, before anybody looks into it. */
export const OF_BODY = [
  'bad-request',
  'malformed-json',
  'malformed-encoding',
  'body-too-large',
  'unsupported-media-type',
  'unsupported-encoding',
  'overloaded',
] as const satisfies ProblemCode[];

/** What can go wrong with a query of the store. */
export const OF_STORE = ['query-timeout', 'store-unavailable'] as const satisfies ProblemCode[];

/** What can go wrong with the ID in a path. */
export const OF_ID = ['bad-request', 'not-found'] as const satisfies ProblemCode[];
