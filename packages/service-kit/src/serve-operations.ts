import express from 'express';
import { type HttpServer, type ListenOptions, listen } from './listen.ts';
import { type OperationsDeps, operationsRoutes } from './operations-routes.ts';

/**
 * Serves what an operator asks, for a process that serves nothing else.
 *
 * @throws when the port is taken or may not be used (EADDRINUSE, EACCES)
 */
export function serveOperations(deps: OperationsDeps, options: ListenOptions): Promise<HttpServer> {
  return listen(express().disable('x-powered-by').use(operationsRoutes(deps)), options);
}
