import { ServiceDescriptionSchema } from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { PAGE_CONTENT } from '../dashboard/dashboard-operations.ts';
import { VERSION } from '../version.ts';
import { type Answer, json, operations } from './operation.ts';

const OpenApiSchema = Type.Object(
  {
    openapi: Type.Literal('3.1.0'),
    info: Type.Object({ title: Type.String(), version: Type.String() }, { additionalProperties: true }),
    paths: Type.Record(Type.String(), Type.Unknown()),
  },
  { additionalProperties: true, description: 'See https://spec.openapis.org/oas/v3.1.0.' },
);

function orPage(answer: Answer): Answer {
  return { ...answer, content: { ...answer.content, ...PAGE_CONTENT } };
}

export const DESCRIPTION_OPERATIONS = operations({
  describeService: {
    method: 'get',
    path: '/',
    tag: 'Service',
    access: 'open',
    summary: 'What this service is and where its endpoints are',
    answers: {
      200: orPage(
        json(ServiceDescriptionSchema, {
          description: 'The description; for who prefers `text/html`, as browsers do, the dashboard.',
          headers: ['Vary'],
          example: {
            service: 'oncelog',
            version: VERSION,
            description: 'Publish/subscribe log aggregator: every event is stored once and counted exactly',
            dashboard: '/dashboard',
            documentation: '/docs',
            openapi: '/openapi.json',
            endpoints: { 'GET /stats': 'Exact counts, in all and by topic' },
          },
        }),
      ),
    },
    problems: [],
  },
  readOpenApi: {
    method: 'get',
    path: '/openapi.json',
    tag: 'Service',
    access: 'open',
    summary: 'This API for programs: OpenAPI 3.1',
    answers: {
      200: json(OpenApiSchema, {
        description: 'The document.',
        example: { openapi: '3.1.0', info: { title: 'oncelog', version: VERSION }, paths: {} },
      }),
    },
    problems: [],
  },
  readDocumentation: {
    method: 'get',
    path: '/docs',
    tag: 'Service',
    access: 'open',
    summary: 'This API for people: a page to try requests on',
    answers: {
      200: {
        description: 'The page.',
        content: { 'text/html': { schema: Type.String(), example: '<!doctype html>' } },
      },
    },
    problems: [],
  },
});
