import { describe, expect, it } from 'vitest';
import { createOpenApiCheck } from './openapi-check.ts';
import type { ObjectNode } from './openapi-document.ts';

const header = { required: true, schema: { type: 'string' } };
const headers = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const ofThing = { schema: { $ref: '#/components/schemas/Thing' } };
const ofProblem = {
  schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: ['no'] } } }] },
};
const problem = { headers, content: { 'application/problem+json': ofProblem } };
const allow = { Allow: { $ref: '#/components/headers/Allow' } };
const events = { message: ofThing.schema };

const DOCUMENT: ObjectNode = {
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: { responses: { 200: { headers, content: { 'application/json': ofThing } }, 422: problem } },
    },
    '/things/{id}': { delete: { responses: { 204: { headers } } } },
    '/live': {
      get: {
        responses: { 200: { headers, content: { 'text/event-stream': { schema: {}, 'x-events': events } } } },
      },
    },
  },
  components: {
    headers: { 'X-Request-Id': header, Allow: header },
    responses: { NotFound: problem, MethodNotAllowed: { ...problem, headers: { ...headers, ...allow } } },
    schemas: {
      Thing: {
        type: 'object',
        required: ['id', 'at'],
        properties: {
          id: { type: 'integer' },
          at: { type: 'string', format: 'date-time' },
          free: { type: 'object', additionalProperties: true, properties: {} },
        },
      },
      Problem: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } },
    },
  },
};

const THING = { id: 1, at: '2026-01-31T12:00:00+01:00' };
const check = createOpenApiCheck(DOCUMENT);

interface Given {
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly type?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

function answerOf(given: Given): Promise<void> {
  const {
    method = 'GET',
    path = '/things?a=b',
    status = 200,
    type = 'application/json',
    body = THING,
  } = given;
  const text = status === 204 ? null : JSON.stringify(body);
  const sent = { 'content-type': type, 'x-request-id': 'r', ...given.headers };
  return check.answer(method, path, new Response(text, { status, headers: sent }));
}

const PROBLEM = { type: 'application/problem+json', body: { code: 'no' } };

it.each<[string, Given]>([
  ['as documented', {}],
  ['with anything where anything may be', { body: { ...THING, free: { a: 1 } } }],
  ['a problem', { status: 422, ...PROBLEM }],
  ['without a body', { method: 'DELETE', path: '/things/7', status: 204 }],
  ['to HEAD', { method: 'HEAD', path: '/things' }],
  ['of no path', { path: '/nothing', status: 404, ...PROBLEM }],
  ['of no method', { method: 'PUT', status: 405, ...PROBLEM, headers: { Allow: 'GET, HEAD' } }],
  ['that goes on', { path: '/live', type: 'text/event-stream; charset=utf-8' }],
])('takes an answer %s', async (_, given) => {
  await answerOf(given);
});

it.each<[string, Given, RegExp]>([
  ['a field is missing', { body: { id: 1 } }, /GET \/things 200: .*'at'/],
  ['a field is wrong', { body: { ...THING, id: '1' } }, /id must be integer/],
  ['a field is not documented', { body: { ...THING, more: 1 } }, /additional properties/],
  ['a format is wrong', { body: { ...THING, at: 'yesterday' } }, /date-time/],
  ['its status is not documented', { status: 418 }, /GET \/things 418: this status is not documented/],
  ['its media type is not documented', { type: 'text/html' }, /text\/html is not documented/],
  ['its code is of another operation', { status: 422, ...PROBLEM, body: { code: 'yes' } }, /allowed values/],
  ['Allow is missing', { method: 'PUT', status: 405, ...PROBLEM }, /there is no Allow/],
  ['the path is not documented', { path: '/others' }, /404 was expected/],
])('fails when %s', async (_, given, message) => {
  await expect(answerOf(given)).rejects.toThrow(message);
  expect(check.errors.at(-1)?.message).toMatch(message);
});

describe('messages', () => {
  it('are held against the schema of their event', () => {
    check.message('/live', 'message', JSON.stringify(THING));
    expect(() => check.message('/live', 'message', '{}')).toThrow(/required/);
    expect(() => check.message('/live', 'other', '{}')).toThrow('no such event');
  });
});

it('knows what is documented, and what of it was seen', async () => {
  const other = createOpenApiCheck(DOCUMENT);
  await other.answer('GET', '/things', Response.json(THING, { headers: { 'x-request-id': 'r' } }));
  expect([...other.seen]).toEqual(['GET /things 200']);
  expect(other.documented).toEqual([
    'GET /things 200',
    'GET /things 422',
    'DELETE /things/{id} 204',
    'GET /live 200',
  ]);
});
