import { Type } from '@sinclair/typebox';
import { FAIL_POINTS_PATTERN } from './fail-points.ts';

/** Settings that several services share. A service spreads the ones it needs into its own schema. */
export const sharedSettings = {
  databaseUrl: Type.String({
    pattern: '^postgres(ql)?://',
    secret: true,
    url: true,
    description:
      'Where Postgres is: `postgres://user:password@host:port/database`, with TLS `?sslmode=verify-full&sslrootcert=ca.pem` behind it.',
  }),
  databasePassword: Type.Optional(
    Type.String({
      minLength: 1,
      secret: true,
      passwordFor: 'databaseUrl',
      description: 'The password, instead of one in the URL.',
    }),
  ),
  redisUrl: Type.String({
    pattern: '^rediss?://',
    secret: true,
    url: true,
    description:
      'Where Redis is: `redis://user:password@host:port`, with TLS `rediss://…?sslrootcert=ca.pem`.',
  }),
  redisPassword: Type.Optional(
    Type.String({
      minLength: 1,
      secret: true,
      passwordFor: 'redisUrl',
      description: 'The password, instead of one in the URL.',
    }),
  ),
  streamPrefix: Type.String({
    default: 'oncelog',
    pattern: '^[A-Za-z0-9_-]+$',
    description: 'Prefix of all Redis keys, so that several systems can share one Redis.',
  }),
  streamShards: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 64,
    description: 'How many streams the events are spread over; the same for all services.',
  }),
  host: Type.String({ default: '127.0.0.1', description: 'Address that the HTTP server listens on.' }),
  failPoints: Type.Optional(
    Type.String({
      pattern: FAIL_POINTS_PATTERN,
      form: '`POINT=kill` or `POINT=pause:MS`, `@N` behind it for the N-th passage only, commas between several',
      description: 'For tests: makes the process die or stall at a point, `after-commit=kill@2`.',
    }),
  ),
  logLevel: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'Least severe level that is logged.' },
  ),
};
