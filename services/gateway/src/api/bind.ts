import type { Express, RequestHandler } from 'express';
import type { Guard } from '../auth/guard.ts';
import { Problem } from '../problem.ts';
import { OPERATIONS, type OperationId } from './operations.ts';

/** What serves each operation: one that is missing does not compile. */
export type Handlers = Readonly<Record<OperationId, RequestHandler | RequestHandler[]>>;

/** Routes every operation, in the order of the table, behind its guard. The other methods of their paths are answered with 405. */
export function bindOperations(app: Express, handlers: Handlers, guard: Guard): void {
  const ids = Object.keys(OPERATIONS) as OperationId[];
  for (const [path, ofPath] of Map.groupBy(ids, (id) => OPERATIONS[id].path)) {
    const route = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const id of ofPath) {
      const operation = OPERATIONS[id];
      route[operation.method]([...guard(operation), ...[handlers[id]].flat()]);
    }
    route.all(otherMethods(methodsOf(ofPath)));
  }
}

/** `Allow` for a path; `*` is the whole server. Undefined where there is nothing. */
export function allowedAt(pathname: string): string | undefined {
  const ids = (Object.keys(OPERATIONS) as OperationId[]).filter(
    (id) => pathname === '*' || patternOf(OPERATIONS[id].path).test(pathname),
  );
  return ids.length === 0 ? undefined : methodsOf(ids);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i');
}

function methodsOf(ids: readonly OperationId[]): string {
  const methods = new Set(ids.map((id) => OPERATIONS[id].method.toUpperCase()));
  return `${[...methods].join(', ').replace('GET', 'GET, HEAD')}, OPTIONS`;
}

/** Behind the handlers of a path: OPTIONS is answered, and all else refused. */
export function otherMethods(allowed: string): RequestHandler {
  return (request, response) => {
    response.set('Allow', allowed);
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    throw new Problem('method-not-allowed', { detail: `This path takes ${allowed}.` });
  };
}
