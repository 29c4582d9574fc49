import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { closed, type ObjectNode, operationAt, pointerTo } from './openapi-document.ts';

/** An answer that is not as the document says. */
class UndocumentedError extends Error {
  override readonly name = 'UndocumentedError';
}

/** Holds what the gateway answers against its own description, `GET /openapi.json`. */
export interface OpenApiCheck {
  /**
   * Status, media type, headers and body of an answer. It reads the body, so give it a clone; of an event stream it
   * reads none.
   *
   * @throws {UndocumentedError} that names the difference
   */
  answer(method: string, path: string, response: Response): Promise<void>;
  /**
   * A message of an event stream, `message` where it has no type.
   *
   * @throws {UndocumentedError}
   */
  message(path: string, type: string, data: string): void;
  /** `GET /stats 200`: every documented answer that was seen. */
  readonly seen: ReadonlySet<string>;
  /** Every answer that is documented. */
  readonly documented: readonly string[];
  /** What was thrown until now: a caller may take an error for a broken connection. */
  readonly errors: readonly UndocumentedError[];
}

/** Of requests that no operation sees: the document's description has them, for all paths. */
const UNREAD = new Set([408, 414, 431]);

/**
 * Objects are held to the properties that are named, unless their schema says that there may be others: a field that
 * nobody described is a mistake here, though clients should not mind it.
 */
export function createOpenApiCheck(document: ObjectNode): OpenApiCheck {
  const strict = closed(document);
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
  ajvFormats.default(ajv);
  for (const word of Object.keys(strict)) ajv.addKeyword(word); // the document itself is no schema
  ajv.addSchema(strict, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const seen = new Set<string>();
  const errors: UndocumentedError[] = [];

  const fail = (what: string): never => {
    const error = new UndocumentedError(what);
    errors.push(error);
    throw error;
  };

  const expectValid = (pointer: string, value: unknown, of: string): void => {
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, validate);
    if (!validate(value)) fail(`${of}: ${ajv.errorsText(validate.errors)} in ${excerpt(value)}`);
  };

  const expectHeaders = (headers: ObjectNode, response: Response, of: string): void => {
    for (const [name, reference] of Object.entries(headers)) {
      const pointer = (reference as { $ref: string }).$ref.slice(1);
      const header = pointerTo(strict, pointer) as { required: boolean };
      const value = response.headers.get(name);
      if (value === null && header.required) fail(`${of}: there is no ${name}`);
      if (value !== null) expectValid(`${pointer}/schema`, value, `${of}, ${name}`);
    }
  };

  const expectBody = async (pointer: string, content: ObjectNode, response: Response, of: string) => {
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const mediaType = type.trim().toLowerCase();
    if (!Object.hasOwn(content, mediaType)) fail(`${of}: ${mediaType || 'no media type'} is not documented`);
    if (mediaType === 'text/event-stream') return;
    const text = await response.text();
    const value: unknown = mediaType.endsWith('json') ? JSON.parse(text) : text;
    expectValid(`${pointer}/content/${escaped(mediaType)}/schema`, value, of);
  };

  return {
    seen,
    errors,
    documented: documentedAnswers(strict),
    async answer(method, path, response) {
      const { pathname } = new URL(path, 'http://gateway');
      const found = operationAt(strict, method, pathname);
      const { status } = response;
      const of = `${method} ${found.path ?? pathname} ${status}`;
      const pointer = found.pointer === undefined ? found.otherwise : `${found.pointer}/responses/${status}`;
      const answer = pointerTo(strict, pointer) as { headers: ObjectNode; content?: ObjectNode } | undefined;
      if (answer === undefined && UNREAD.has(status))
        return expectValid('/components/schemas/ProblemDetails', await response.json(), of);
      if (answer === undefined) return fail(`${of}: this status is not documented`);
      if (found.pointer === undefined && status !== found.status) fail(`${of}: ${found.status} was expected`);
      expectHeaders(answer.headers, response, of);
      if (method === 'HEAD') return;
      if (answer.content !== undefined) await expectBody(pointer, answer.content, response, of);
      else if ((await response.text()) !== '') fail(`${of}: there should be no body`);
      if (found.pointer !== undefined) seen.add(of);
    },
    message(path, type, data) {
      const of = `GET ${path}, ${type}`;
      const media = `/paths/${escaped(path)}/get/responses/200/content/text~1event-stream`;
      const events = (pointerTo(strict, `${media}/x-events`) ?? {}) as ObjectNode;
      if (!Object.hasOwn(events, type)) fail(`${of}: there is no such event`);
      expectValid(`${media}/x-events/${escaped(type)}`, JSON.parse(data), of);
    },
  };
}

function documentedAnswers(document: ObjectNode): string[] {
  return Object.entries(document['paths'] as Record<string, ObjectNode>).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { responses: ObjectNode }>).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  );
}

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 500 ? `${text.slice(0, 500)} …` : text;
}
