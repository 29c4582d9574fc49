import type { ProblemDetails, Violation } from '@oncelog/event-schema';
import { isForAnyKey } from '../auth/access.ts';
import { PROBES } from '../limits/rate-limit.ts';
import { PROBLEMS, type ProblemCode } from '../problem.ts';
import type { JsonSchema } from './json-schema.ts';
import { ANSWER_HEADERS, type AnswerHeader, type Operation } from './operation.ts';

/** The codes that an operation can answer, by status. */
export function problemsOf({
  path,
  problems,
  query,
  access,
}: Operation): Readonly<Record<string, ProblemCode[]>> {
  const codes = new Set<ProblemCode>(problems);
  if (query !== undefined) codes.add('invalid-query');
  if (access !== 'open') {
    codes.add('unauthenticated');
    if (!isForAnyKey(access)) codes.add('forbidden');
  }
  codes.add('internal');
  if (!PROBES.has(path)) codes.add('too-many-requests').add('limits-unavailable');
  // in the order of the catalogue
  const sorted = (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
  return Object.fromEntries(Map.groupBy(sorted, (code) => PROBLEMS[code].status));
}

/** The Response Object of the codes that share a status. */
export function problemAnswer(codes: readonly ProblemCode[], problem: JsonSchema, operation?: Operation) {
  const { status } = PROBLEMS[codes[0] as ProblemCode];
  const headers: AnswerHeader[] = ['X-Request-Id'];
  if (status === 401) headers.push('WWW-Authenticate');
  if (status === 429 || status === 503) headers.push('Retry-After');
  if (status === 429) headers.push('RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset');
  if (status === 405) headers.push('Allow');
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
    headers: headersOf(headers),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [problem, { properties: { status: { const: status }, code: { enum: codes } } }],
        },
        examples: Object.fromEntries(
          codes.map((code) => [code, { summary: PROBLEMS[code].title, value: exampleOf(code, operation) }]),
        ),
      },
    },
  };
}

export function headersOf(names: readonly AnswerHeader[]): Record<string, JsonSchema> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The Header Objects that answers refer to. */
export const HEADER_COMPONENTS = Object.fromEntries(
  Object.entries(ANSWER_HEADERS).map(([name, header]) => [name, { ...header, schema: { type: 'string' } }]),
);

function exampleOf(code: ProblemCode, operation: Operation | undefined): ProblemDetails {
  const { status, title } = PROBLEMS[code];
  const errors = errorsOf(code, operation);
  return {
    type: `urn:oncelog:problem:${code}`,
    title,
    status,
    detail: errors === undefined ? `${title}.` : 'See errors.',
    code,
    request_id: '85f87d34-7a1c-4a60-9f0e-1d3f5b7c9e21',
    ...(errors === undefined ? {} : { errors }),
  };
}

function errorsOf(code: ProblemCode, operation: Operation | undefined): Violation[] | undefined {
  if (code !== 'invalid-query') return ERRORS[code];
  const known = Object.keys(operation?.query?.properties ?? {}).join(', ');
  const detail = `There is no such parameter; there is ${known}.`;
  return [{ pointer: '/query/color', rule: 'unknown-parameter', detail }];
}

const TIMESTAMP = { rule: 'timestamp', detail: 'It must be an RFC 3339 date-time with an offset.' };

const ERRORS: Partial<Record<ProblemCode, Violation[]>> = {
  'invalid-batch': [{ pointer: '/events/3/timestamp', ...TIMESTAMP }],
  'invalid-sign-in': [{ pointer: '/api_key', rule: 'required', detail: 'It must be an API key.' }],
  'invalid-cloudevent': [{ pointer: '/headers/ce-source', rule: 'required', detail: 'It is required.' }],
  'not-replayable': [{ pointer: '/events/0/timestamp', ...TIMESTAMP }],
  'invalid-filter': [
    { pointer: '/all', rule: 'required', detail: 'A filter is required, or all, to mean all of them.' },
  ],
  'invalid-last-event-id': [
    {
      pointer: '/headers/last-event-id',
      rule: 'event-id',
      detail: 'It must be the id of an event that GET /tail of this system has sent.',
    },
  ],
  'invalid-idempotency-key': [
    {
      pointer: '/headers/idempotency-key',
      rule: 'pattern',
      detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
    },
  ],
};
