import type { ServiceDescription } from '@oncelog/event-schema';
import type { RequestHandler } from 'express';
import type { Operation } from './api/operation.ts';
import { OPERATIONS } from './api/operations.ts';
import { VERSION } from './version.ts';

const DESCRIPTION: ServiceDescription = {
  service: 'oncelog',
  version: VERSION,
  description: 'Publish/subscribe log aggregator: every event is stored once and counted exactly',
  dashboard: '/dashboard',
  documentation: '/docs',
  openapi: '/openapi.json',
  endpoints: Object.fromEntries(
    Object.values(OPERATIONS)
      .filter(({ path }) => path !== '/')
      .map((operation) => [`${operation.method.toUpperCase()} ${operation.path}`, inShort(operation)]),
  ),
};

function inShort({ summary, query }: Operation): string {
  return query === undefined
    ? summary
    : `${summary}; parameters: ${Object.keys(query.properties).join(', ')}`;
}

/** `GET /`: what this service is and where its endpoints are. */
export const rootRoute: RequestHandler = (_request, response) => {
  response.json(DESCRIPTION);
};
