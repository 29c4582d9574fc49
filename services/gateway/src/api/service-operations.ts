import {
  AuditQuerySchema,
  AuditSchema,
  HealthSchema,
  LivenessSchema,
  ReadinessSchema,
  StatsSchema,
} from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { READ } from '../auth/access.ts';
import { EXAMPLES } from './examples.ts';
import { json, operations } from './operation.ts';
import { OF_STORE } from './problem-sets.ts';

const { database: _, ...ready } = EXAMPLES.health;

export const FIGURE_OPERATIONS = operations({
  readStats: {
    method: 'get',
    path: '/stats',
    tag: 'Figures',
    access: READ,
    summary: 'Exact counts, in all and by topic',
    description:
      '`received = unique_processed + duplicate_dropped`, and `accepted = received + dead_lettered + in_flight`: at rest exactly, after any crash.',
    answers: { 200: json(StatsSchema, { description: 'The figures.', example: EXAMPLES.stats }) },
    problems: [...OF_STORE, 'stream-unavailable'],
  },
  audit: {
    method: 'get',
    path: '/audit',
    tag: 'Figures',
    access: READ,
    summary: 'Whether rows, ledger, streams and counters agree; full=true counts every row',
    query: AuditQuerySchema,
    answers: {
      200: json(AuditSchema, {
        description: 'What was found, also where it is inconsistent.',
        example: EXAMPLES.audit,
      }),
    },
    problems: [...OF_STORE, 'stream-unavailable'],
  },
});

export const SERVICE_OPERATIONS = operations({
  readHealth: {
    method: 'get',
    path: '/health',
    tag: 'Service',
    access: 'open',
    summary: 'State of Postgres and Redis',
    answers: {
      200: json(HealthSchema, { description: 'All are connected.', example: EXAMPLES.health }),
      503: json(HealthSchema, { description: 'One is not.', example: EXAMPLES.unhealthy }),
    },
    problems: [],
  },
  readLiveness: {
    method: 'get',
    path: '/health/live',
    tag: 'Service',
    access: 'open',
    summary: 'Whether the process answers',
    answers: { 200: json(LivenessSchema, { description: 'It does.', example: { status: 'alive' } }) },
    problems: [],
  },
  readReadiness: {
    method: 'get',
    path: '/health/ready',
    tag: 'Service',
    access: 'open',
    summary: 'Whether it can take events: publishing needs Redis alone',
    answers: {
      200: json(ReadinessSchema, { description: 'It can.', example: ready }),
      503: json(ReadinessSchema, {
        description: 'It cannot.',
        example: { ...ready, status: 'unhealthy', redis: 'error: timed out' },
      }),
    },
    problems: [],
  },
  readMetrics: {
    method: 'get',
    path: '/metrics',
    tag: 'Service',
    access: READ,
    summary: 'Metrics for Prometheus',
    answers: {
      200: {
        description: "Prometheus' text format.",
        content: {
          'text/plain': {
            schema: Type.String(),
            example: 'oncelog_gateway_accepted_events_total{service="gateway"} 2\n',
          },
        },
      },
    },
    problems: [],
  },
});
