import type { ObjectNode } from '../testing/openapi-document.ts';
import { bodyPlaces } from './body-places.ts';

/** A place in a request that a client fills. */
export interface Place {
  /** `GET /events query topic`. */
  readonly name: string;
  readonly method: string;
  /** Whether the operation describes it. The others are ignored, or refused as unknown. */
  readonly isDescribed: boolean;
  /** The request with a text in this place, and something valid in those that are required beside it. */
  fill(text: string): FilledRequest;
}

interface FilledRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly $ref?: string;
}

interface OperationNode {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example: unknown }>> };
}

/** The attributes that a CloudEvent in binary mode must have. */
const CLOUD_EVENT = { 'ce-specversion': '1.0', 'ce-type': 't', 'ce-source': '/s', 'ce-id': '1' };

/** What any client may send, though no operation describes it. */
const ANY_HEADERS = [
  'X-Request-Id',
  'User-Agent',
  'Accept',
  'Origin',
  'Referer',
  'Cookie',
  'Authorization',
  'X-API-Key',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'Forwarded',
  'If-None-Match',
  'Range',
  'Content-Type',
];

/** Every place of every operation that the document describes, and the common ones that it does not describe. */
export function placesOf(document: ObjectNode): Place[] {
  const paths = document['paths'] as Record<string, Record<string, OperationNode>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => [
      ...describedPlaces(method.toUpperCase(), path, operation),
      ...otherPlaces(method.toUpperCase(), path, operation),
    ]),
  );
}

function describedPlaces(method: string, path: string, operation: OperationNode): Place[] {
  const bare = bareRequest(path, operation);
  const { parameters, requestBody } = operation;
  const place = (name: string, fill: Place['fill']): Place => ({
    name: `${method} ${path} ${name}`,
    isDescribed: true,
    method,
    fill,
  });
  const ofParameter = ({ name, in: where }: Parameter): Place => {
    const fill = {
      path: (text: string) => ({ ...bare, path: path.replace(`{${name}}`, encoded(text)) }),
      query: (text: string) => ({ ...bare, path: `${bare.path}?${name}=${encoded(text)}` }),
      header: (text: string) => withHeader(bare, name, text),
    };
    return place(`${where} ${name}`, fill[where]);
  };
  const ofBody = ([type, { example }]: [string, { example: unknown }]): Place[] =>
    bodyPlaces(type, example).map(({ name, fill }) =>
      place(`body ${type} ${name}`, (text) => ({
        ...bare,
        headers: { 'Content-Type': type },
        body: fill(text),
      })),
    );
  return [
    ...parameters.filter(({ $ref }) => $ref === undefined).map(ofParameter),
    ...Object.entries(requestBody?.content ?? {}).flatMap(ofBody),
  ];
}

function otherPlaces(method: string, path: string, operation: OperationNode): Place[] {
  const bare = bareRequest(path, operation);
  const place = (name: string, fill: Place['fill']): Place => ({
    name: `${method} ${path} ${name}`,
    isDescribed: false,
    method,
    fill,
  });
  return [
    place('name in the query', (text) => ({ ...bare, path: `${bare.path}?${encoded(text)}=1` })),
    place('path below', (text) => ({ ...bare, path: `${bare.path.replace(/\/$/, '')}/${encoded(text)}` })),
    ...ANY_HEADERS.map((name) => place(`header ${name}`, (text) => withHeader(bare, name, text))),
  ];
}

function bareRequest(path: string, { requestBody }: OperationNode): FilledRequest {
  const json = requestBody?.content['application/json'];
  const bare = { path: path.replace('{id}', '1'), headers: {} };
  if (json === undefined) return bare;
  return { ...bare, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(json.example) };
}

function withHeader(bare: FilledRequest, name: string, text: string): FilledRequest {
  const beside = name.startsWith('ce-') ? CLOUD_EVENT : {};
  return { ...bare, headers: { ...bare.headers, ...beside, [name]: text } };
}

/** Percent-encoded as UTF-8; half of a surrogate pair as three bytes, which UTF-8 forbids. */
function encoded(text: string): string {
  return Array.from(text, (one) => (one.isWellFormed() ? encodeURIComponent(one) : '%ED%A0%80')).join('');
}
