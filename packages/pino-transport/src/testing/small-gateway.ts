import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface LogEvent {
  readonly topic: string;
  readonly event_id: string;
  readonly source: string;
  readonly timestamp: string;
  readonly payload: Record<string, unknown>;
}

export interface SmallGateway extends AsyncDisposable {
  readonly url: string;
  /** Events that were accepted, each once, by their ids. */
  readonly stored: ReadonlyMap<string, LogEvent>;
  readonly authorizations: ReadonlySet<string | undefined>;
}

/** A real HTTP server that accepts batches as the gateway does, unless `fault` answers the nth request in its place. */
export async function smallGateway(
  fault: (request: number, response: ServerResponse) => boolean = () => false,
): Promise<SmallGateway> {
  const stored = new Map<string, LogEvent>();
  const authorizations = new Set<string | undefined>();
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    authorizations.add(request.headers.authorization);
    if (fault(++requests, response)) return;
    const { events } = JSON.parse(String(body)) as { events: LogEvent[] };
    for (const event of events) stored.set(`${event.topic} ${event.event_id}`, event);
    response.writeHead(202, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ queued: events.length, batch_id: `batch-${requests}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    authorizations,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
