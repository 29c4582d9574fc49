export type ObjectNode = { readonly [name: string]: unknown };

/** Whose answer a request gets. */
export type FoundOperation =
  | { readonly path: string; readonly pointer: string }
  /** None: what is answered instead, and with which status. */
  | {
      readonly path: string | undefined;
      readonly pointer: undefined;
      readonly otherwise: string;
      readonly status: number;
    };

/** The operation of a document that a request is for. HEAD is that of GET. */
export function operationAt(document: ObjectNode, method: string, pathname: string): FoundOperation {
  const paths = document['paths'] as Record<string, ObjectNode>;
  // one without parameters goes before one that would take it as well
  const templates = Object.keys(paths).sort((a, b) => parametersIn(a) - parametersIn(b));
  const path = templates.find((template) => patternOf(template).test(pathname));
  if (path === undefined) {
    return { path, pointer: undefined, otherwise: '/components/responses/NotFound', status: 404 };
  }
  if (method === 'OPTIONS') {
    return { path, pointer: undefined, otherwise: '/components/responses/Options', status: 204 };
  }
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (!Object.hasOwn(paths[path] as object, verb)) {
    return { path, pointer: undefined, otherwise: '/components/responses/MethodNotAllowed', status: 405 };
  }
  return { path, pointer: `/paths/${path.replaceAll('/', '~1')}/${verb}` };
}

const parametersIn = (template: string): number => template.split('{').length;

function patternOf(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
}

/** The value at a JSON pointer; undefined where there is none. */
export function pointerTo(document: ObjectNode, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names.reduce<unknown>(
    (node, name) => (node as ObjectNode | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
}

/** The same document with schemas that refuse properties that they do not name, where they say nothing of them. */
export function closed(document: ObjectNode): ObjectNode {
  return closedNode(document) as ObjectNode;
}

function closedNode(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closedNode);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closedNode(value)]));
  const isObject = copy['type'] === 'object' && ('properties' in copy || 'patternProperties' in copy);
  return isObject && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
