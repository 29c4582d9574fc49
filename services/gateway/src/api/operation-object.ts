import { ProblemDetailsSchema } from '@oncelog/event-schema';
import type { TObject } from '@sinclair/typebox';
import type { Components } from './components.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Answer, Content, Operation } from './operation.ts';
import { headersOf, problemAnswer, problemsOf } from './problem-answers.ts';

/** The Operation Object of OpenAPI. */
export function operationObject(id: string, operation: Operation, components: Components): JsonSchema {
  const { tag, summary, description, body, otherBodies = {}, answers } = operation;
  const problem = components.refer(ProblemDetailsSchema);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    parameters: [
      ...parametersIn('path', operation.pathParameters, components),
      ...parametersIn('query', operation.query, components),
      ...parametersIn('header', operation.headers, components),
      { $ref: '#/components/parameters/X-Request-Id' },
    ],
    requestBody: body && {
      required: true,
      content: mapValues({ 'application/json': body, ...otherBodies }, (of) => mediaType(of, components)),
    },
    responses: {
      ...mapValues(answers, (answer) => answerObject(answer, components)),
      ...mapValues(problemsOf(operation), (codes) => problemAnswer(codes, problem, operation)),
    },
  };
}

type Place = 'path' | 'query' | 'header';

function parametersIn(place: Place, schema: TObject | undefined, components: Components): JsonSchema[] {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    // schemas of queries are those of what a parser returns: what has a default need not be sent
    const required = schema?.required?.includes(name) === true && property['default'] === undefined;
    return parameterObject({ name, in: place, required }, components.plain(property));
  });
}

interface Parameter {
  readonly name: string;
  readonly in: Place;
  readonly required?: boolean;
}

export function parameterObject(
  { name, in: place, required = false }: Parameter,
  // a string of some media type is a file to Swagger UI, which would ask for one
  { description, contentMediaType: _, ...schema }: JsonSchema,
): JsonSchema {
  const repeated = schema['type'] === 'array' ? { style: 'form', explode: true } : {};
  return { name, in: place, required, description, ...repeated, schema };
}

function answerObject({ description, headers = [], content }: Answer, components: Components): JsonSchema {
  return {
    description,
    headers: headersOf(['X-Request-Id', ...headers]),
    content: content && mapValues(content, (of) => mediaType(of, components)),
  };
}

/** OpenAPI 3.1 has no word for the messages of an event stream: `x-events` says what their data is. */
function mediaType({ schema, example, events }: Content, components: Components): JsonSchema {
  return {
    schema: components.refer(schema),
    example,
    'x-events': events && mapValues(events, (of) => components.refer(of)),
  };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, of(value)]));
}
