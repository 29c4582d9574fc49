import express, { type Express } from 'express';
import { type HttpServer, type ListenOptions, listen } from './listen.ts';
import { type OperationsDeps, operationsRoutes } from './operations-routes.ts';

/** An error's text, without its stack, whatever NODE_ENV is; and no page of HTML for what there is not. */
function createApp(deps: OperationsDeps): Express {
  const app = express().disable('x-powered-by').set('env', 'production').use(operationsRoutes(deps));
  app.use((_request, response) => {
    response.status(404).type('text/plain').send('not found: there are /health and /metrics\n');
  });
  return app;
}

/**
 * Serves what an operator asks, for a process that serves nothing else.
 *
 * @throws when the port is taken or may not be used (EADDRINUSE, EACCES)
 */
export function serveOperations(deps: OperationsDeps, options: ListenOptions): Promise<HttpServer> {
  return listen(createApp(deps), options);
}
