import { ProblemDetailsSchema } from '@oncelog/event-schema';
import { VERSION } from '../version.ts';
import { type Components, createComponents } from './components.ts';
import { requestId } from './headers.ts';
import type { JsonSchema } from './json-schema.ts';
import { type Operation, TAGS } from './operation.ts';
import { operationObject, parameterObject } from './operation-object.ts';
import { OPERATIONS } from './operations.ts';
import { HEADER_COMPONENTS, headersOf, problemAnswer } from './problem-answers.ts';
import { SECURITY_SCHEMES, securityOf } from './security.ts';

export interface OpenApiConfig {
  readonly maxEventsPerBatch: number;
  /** Whether this gateway asks for keys. */
  readonly keysRequired: boolean;
}

/** The parts that programs look into; the rest is as the specification has it. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string; readonly [field: string]: unknown };
  /** By path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  /** By kind and name. */
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly [field: string]: unknown;
}

const DESCRIPTION = `Producers post batches of events. Each event, known by \`(topic, event_id)\`, is stored once, however often it was sent, and counted exactly.

Every error is an \`application/problem+json\` document (RFC 9457) with a stable \`code\`, and a JSON pointer to each offending field. A path that is not here is answered with 404, \`not-found\`; a method that is not here with 405, \`method-not-allowed\`, and \`Allow\`. \`HEAD\` is answered wherever \`GET\` is, \`OPTIONS\` everywhere with 204 and \`Allow\`.

A gateway that has API keys asks for one, wherever something but its description, its pages and its health is asked for. What a key may do stands in its scopes; each operation names those of which one is enough, and \`admin\` is enough for all.

What is no request at all, or takes too long to become one, is answered with 400, \`bad-request\`, 408, \`request-timeout\`, 413, \`body-too-large\`, 414, \`uri-too-long\`, or 431, \`headers-too-large\`. Where the gateway limits the rate of requests, every answer says in \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` what is left.`;

/** Describes the operations as OpenAPI 3.1. */
export function openApiDocument(config: OpenApiConfig): OpenApiDocument {
  const components = createComponents();
  const problem = components.refer(ProblemDetailsSchema);
  const paths = pathsOf(components, config);
  const schemas = components.definitions(); // after all that refers to them
  return {
    openapi: '3.1.0',
    info: {
      title: 'oncelog',
      version: VERSION,
      summary: 'Publish/subscribe log aggregator with exact deduplication',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { ...schemas, ...limited(schemas, config) },
      parameters: {
        'X-Request-Id': parameterObject({ name: 'X-Request-Id', in: 'header' }, components.plain(requestId)),
      },
      headers: HEADER_COMPONENTS,
      securitySchemes: SECURITY_SCHEMES,
      responses: {
        NotFound: problemAnswer(['not-found'], problem),
        MethodNotAllowed: problemAnswer(['method-not-allowed'], problem),
        Options: {
          description: 'To OPTIONS: the methods that the path takes.',
          headers: headersOf(['X-Request-Id', 'Allow']),
        },
        UnreadableRequest: problemAnswer(['bad-request'], problem),
        UriTooLong: problemAnswer(['uri-too-long'], problem),
        HeadersTooLarge: problemAnswer(['headers-too-large'], problem),
      },
    },
  };
}

function pathsOf(components: Components, config: OpenApiConfig): OpenApiDocument['paths'] {
  const ofPath = Map.groupBy(Object.entries<Operation>(OPERATIONS), ([, { path }]) => path);
  const entries = [...ofPath].map(([path, operations]) => [
    path,
    Object.fromEntries(
      operations.map(([id, operation]) => [
        operation.method,
        { ...operationObject(id, operation, components), ...securityOf(operation.access, config) },
      ]),
    ),
  ]);
  return Object.fromEntries(entries) as OpenApiDocument['paths'];
}

/** The most events of a batch are this gateway's setting. */
function limited({ PublishRequest = {} }: Record<string, JsonSchema>, { maxEventsPerBatch }: OpenApiConfig) {
  const { events } = PublishRequest['properties'] as { events: JsonSchema };
  return {
    PublishRequest: { ...PublishRequest, properties: { events: { ...events, maxItems: maxEventsPerBatch } } },
  };
}
