import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS } from '../problem.ts';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';
import { OPENAPI_STRUCTURE } from '../testing/openapi-structure.ts';
import { VERSION } from '../version.ts';
import type { JsonSchema } from './json-schema.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { problemsOf } from './problem-answers.ts';

/** As clients get it. */
const document = JSON.parse(
  JSON.stringify(openApiDocument({ maxEventsPerBatch: 1_000, keysRequired: false })),
) as ReturnType<typeof openApiDocument>;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

/** Every value that stands under a name, with its JSON pointer. */
function* valuesAt(name: string, node: unknown = document, pointer = ''): Generator<[string, JsonSchema]> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (key === name) yield [at, value as JsonSchema];
    yield* valuesAt(name, value, at);
  }
}

function newAjv() {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
  ajvFormats.default(ajv);
  return ajv;
}
// the document itself is no schema: its words are let through, and those of schemas that nobody knows are mistakes
const ajv = Object.keys(document).reduce((knowing, word) => knowing.addKeyword(word), newAjv());
ajv.addSchema(document, 'openapi');
const validatorAt = (pointer: string) => ajv.compile({ $ref: `openapi#${pointer}` });

describe('the document', () => {
  it('is built as OpenAPI 3.1 asks', () => {
    const validate = newAjv().compile(OPENAPI_STRUCTURE);
    validate(document);
    expect(validate.errors).toBeNull();
  });

  it('has the version of the gateway', () => {
    expect(document.info.version).toBe(VERSION);
  });

  it('refers to nothing that is not there, and holds nothing that nobody refers to', () => {
    const references = new Set([...valuesAt('$ref')].map(([, reference]) => String(reference)));
    const components = ['schemas', 'parameters', 'headers'].flatMap((kind) =>
      Object.keys(document.components[kind] ?? {}).map((name) => `#/components/${kind}/${name}`),
    );
    expect([...references].sort()).toEqual(components.sort());
  });

  it('holds schemas that compile', () => {
    const pointers = [...valuesAt('schema')].map(([pointer]) => pointer);
    const named = [...valuesAt('schemas'), ...valuesAt('x-events')];
    for (const [pointer, schemas] of named)
      pointers.push(...Object.keys(schemas).map((name) => `${pointer}/${name}`));
    for (const pointer of pointers) expect(() => validatorAt(pointer), pointer).not.toThrow();
    expect(pointers.length).toBeGreaterThan(100);
  });

  it('names each parameter of a path, and no other', () => {
    for (const { name, path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const parameters = operation['parameters'] as { name: string; in: string }[];
      const described = parameters.filter((parameter) => parameter.in === 'path').map((one) => one.name);
      expect(described, name).toEqual(inPath);
    }
  });

  it('says how many events this gateway takes', () => {
    const { components } = openApiDocument({ maxEventsPerBatch: 7, keysRequired: true });
    expect(components['schemas']?.['PublishRequest']).toMatchObject({
      properties: { events: { maxItems: 7 } },
    });
  });

  it('has an example for every body, and all of them are valid', () => {
    const bodies = [...valuesAt('content')].flatMap(([pointer, content]) =>
      Object.entries(content).map(([type, media]) => ({
        pointer: `${pointer}/${type.replaceAll('/', '~1')}`,
        type,
        media: media as { example?: unknown; examples?: Record<string, { value: unknown }> },
      })),
    );
    for (const { pointer, type, media } of bodies) {
      const examples = Object.values(media.examples ?? {}).map(({ value }) => value);
      if (media.example !== undefined) examples.push(media.example);
      if (type !== 'text/event-stream') expect(examples.length, pointer).toBeGreaterThan(0);
      const validate = validatorAt(`${pointer}/schema`);
      for (const example of examples) {
        validate(example);
        expect(validate.errors, pointer).toBeNull();
      }
    }
  });

  it('has defaults that are valid', () => {
    for (const [pointer, value] of valuesAt('default')) {
      const validate = validatorAt(pointer.replace(/\/default$/, ''));
      expect(validate(value), pointer).toBe(true);
    }
  });
});

describe('the table', () => {
  it('names every problem that there is', () => {
    const examples = [...valuesAt('examples')]
      .map(([, found]) => found)
      .filter((found) => !Array.isArray(found));
    const documented = new Set(examples.flatMap((found) => Object.keys(found)));
    expect([...documented].sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  it('describes no status twice', () => {
    for (const [id, operation] of Object.entries<Operation>(OPERATIONS)) {
      const twice = Object.keys(operation.answers).filter((status) => status in problemsOf(operation));
      expect(twice, id).toEqual([]);
    }
  });
});

describe('the gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openTestGateway();
  });
  afterAll(() => gateway.close());

  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
  }

  it('has a route for every operation, and no other', () => {
    const { stack } = gateway.app.router as unknown as { stack: Layer[] };
    const routes = stack.flatMap(({ route }) =>
      Object.keys(route?.methods ?? {})
        .filter((method) => method !== '_all')
        .map((method) => `${method} ${route?.path.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    expect(routes.sort()).toEqual(operations.map(({ name }) => name).sort());
  });

  it('answers other methods of each path with 405, and names those it takes', async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const response = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, '1'), { method: 'PATCH' });
      const methods = Object.keys(item).map((method) => method.toUpperCase());
      expect([path, response.status, response.headers.get('allow')]).toEqual([
        path,
        405,
        `${methods.join(', ').replace('GET', 'GET, HEAD')}, OPTIONS`,
      ]);
    }
  });

  it('serves the document, and names every operation at GET /', async () => {
    expect(await (await fetch(`${gateway.url}/openapi.json`)).json()).toEqual(document);
    const { endpoints } = (await (await fetch(gateway.url)).json()) as { endpoints: Record<string, string> };
    const names = operations.filter(({ path }) => path !== '/').map(({ name }) => name.toUpperCase());
    expect(Object.keys(endpoints).map((name) => name.toUpperCase())).toEqual(names);
  });
});
