import { SESSION_OPERATIONS } from '../auth/session-operations.ts';
import { DASHBOARD_OPERATIONS } from '../dashboard/dashboard-operations.ts';
import { LIVE_OPERATIONS } from '../live/live-operations.ts';
import { TAIL_OPERATIONS } from '../tail/tail-operations.ts';
import { DEAD_LETTER_OPERATIONS } from './dead-letter-operations.ts';
import { DESCRIPTION_OPERATIONS } from './description-operations.ts';
import { EVENT_OPERATIONS } from './event-operations.ts';
import { operations } from './operation.ts';
import { FIGURE_OPERATIONS, SERVICE_OPERATIONS } from './service-operations.ts';

/**
 * Everything that the gateway answers, and the one place where it is described. Made from it: the routes and what they
 * answer to other methods (bind.ts), `GET /`, `GET /openapi.json`, and what the tests hold every answer against. The
 * order is that of the routes.
 *
 * To add one: describe it here, write its handler in a file of its own, and name both in app.ts. The compiler asks for
 * the handler and for who may use it, the tests for an answer of every status and for what each kind of key gets.
 */
export const OPERATIONS = operations({
  ...EVENT_OPERATIONS, // publishing first: a request passes the routes before its own
  ...TAIL_OPERATIONS,
  ...FIGURE_OPERATIONS,
  ...LIVE_OPERATIONS,
  ...DEAD_LETTER_OPERATIONS,
  ...DESCRIPTION_OPERATIONS,
  ...DASHBOARD_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...SERVICE_OPERATIONS,
});

export type OperationId = keyof typeof OPERATIONS;
