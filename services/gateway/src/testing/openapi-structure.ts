// The objects of OpenAPI 3.1 as far as the gateway writes them, after https://spec.openapis.org/oas/v3.1.0.

const text = { type: 'string', minLength: 1 };
const ref = (name: string) => ({ $ref: `#/$defs/${name}` });
const map = (name: string, keys = '^[A-Za-z0-9._-]+$') => ({
  type: 'object',
  patternProperties: { [keys]: ref(name) },
  additionalProperties: false,
});

/** An object with these fields, and extensions. */
function object(required: Record<string, unknown>, optional: Record<string, unknown> = {}) {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    patternProperties: { '^x-': true },
    additionalProperties: false,
  };
}

/** Of another object, instead of that object itself. */
const orReference = (schema: object) => ({
  if: { type: 'object', required: ['$ref'] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: object({ $ref: { type: 'string', pattern: '^#/components/' } }),
  else: schema,
});

/** What a document must be: a JSON Schema, draft 2020-12. Schema Objects in it are for whoever compiles them. */
export const OPENAPI_STRUCTURE = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object(
    { openapi: { const: '3.1.0' }, info: ref('info'), paths: map('pathItem', '^/') },
    {
      tags: { type: 'array', items: object({ name: text }, { description: text }) },
      components: object(
        {},
        {
          schemas: map('schema'),
          parameters: map('parameter'),
          headers: map('header'),
          responses: map('response'),
          securitySchemes: map('securityScheme'),
        },
      ),
    },
  ),
  $defs: {
    info: object(
      { title: text, version: text },
      { summary: text, description: text, license: object({ name: text }, { identifier: text }) },
    ),
    pathItem: object({}, { get: ref('operation'), post: ref('operation'), delete: ref('operation') }),
    // the specification does not ask for all of these, we do
    operation: object(
      {
        operationId: text,
        tags: { type: 'array', minItems: 1, items: text },
        summary: text,
        parameters: { type: 'array', items: ref('parameter') },
        responses: { ...map('response', '^[1-5][0-9][0-9]$'), minProperties: 1 },
      },
      {
        description: text,
        security: {
          type: 'array',
          items: { type: 'object', additionalProperties: { type: 'array', items: text } },
        },
        requestBody: object(
          { content: map('mediaType', '/') },
          { required: { type: 'boolean' }, description: text },
        ),
      },
    ),
    securityScheme: object(
      { type: { enum: ['http', 'apiKey'] } },
      {
        description: text,
        scheme: { const: 'bearer' },
        bearerFormat: text,
        in: { enum: ['header', 'cookie'] },
        name: text,
      },
    ),
    parameter: orReference({
      ...object(
        {
          name: text,
          in: { enum: ['path', 'query', 'header'] },
          description: text,
          schema: ref('schema'),
        },
        { required: { type: 'boolean' }, style: { const: 'form' }, explode: { type: 'boolean' } },
      ),
      if: { properties: { in: { const: 'path' } } },
      // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
      then: { required: ['required'], properties: { required: { const: true } } },
    }),
    response: orReference(
      object({ description: text }, { headers: map('header'), content: map('mediaType', '/') }),
    ),
    header: orReference(
      object({ description: text, schema: ref('schema') }, { required: { type: 'boolean' } }),
    ),
    mediaType: {
      ...object({ schema: ref('schema') }, { example: true, examples: map('example') }),
      not: { required: ['example', 'examples'] },
    },
    example: object({ value: true }, { summary: text, description: text }),
    schema: { type: ['object', 'boolean'] },
  },
};
