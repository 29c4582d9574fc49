import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BatchReceipt, Event, PublishRequest } from '@oncelog/event-schema';

/** Spoils a request, or holds it up; true where the gateway must not answer it any more. */
export type Fault = (request: number, response: ServerResponse) => boolean | Promise<boolean>;

export interface SmallGatewayOptions {
  /** What happens to the nth POST /publish before (`early`) or after (`late`) its batch was accepted. */
  readonly early?: Fault;
  readonly late?: Fault;
  /** What happens to the nth GET /batches. */
  readonly reading?: Fault;
  /** Whether a batch is applied as soon as it is accepted; otherwise {@link SmallGateway.apply} does it. */
  readonly applies?: (batch: number) => boolean;
  /** The last word on a receipt. */
  readonly receipt?: (receipt: BatchReceipt) => BatchReceipt;
  /** The id of an accepted batch. */
  readonly batchId?: () => string;
}

export interface SmallGateway extends AsyncDisposable {
  readonly url: string;
  /** Every event of every accepted batch, in order of acceptance. */
  readonly events: readonly Event[];
  /** The Idempotency-Key of every request, retries included. */
  readonly keys: readonly string[];
  /** How many ids each GET /batches asked for. */
  readonly asked: readonly number[];
  /** Most requests to publish that were in hand at a time. */
  readonly mostInFlight: () => number;
  readonly apply: () => void;
}

/**
 * A real HTTP server that does in memory what gateway and consumers do: counts a batch once for each
 * Idempotency-Key and an event once for each (topic, event_id). For everything that goes wrong, see the options.
 */
export async function smallGateway(options: SmallGatewayOptions = {}): Promise<SmallGateway> {
  const state = newState();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (request.method === 'POST') await publish(state, options, { request, body, response });
    else await receipts(state, options, { request, response });
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    events: state.events,
    keys: state.keys,
    asked: state.asked,
    mostInFlight: () => state.mostInFlight,
    apply: () => applyPending(state, options),
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      server.closeAllConnections();
      await closed;
    },
  };
}

interface State {
  readonly events: Event[];
  readonly keys: string[];
  readonly asked: number[];
  readonly idOfBatch: Map<string, string>;
  readonly stored: Set<string>;
  readonly pending: { id: string; events: readonly Event[] }[];
  readonly receipts: Map<string, BatchReceipt>;
  inFlight: number;
  mostInFlight: number;
}

function newState(): State {
  return {
    events: [],
    keys: [],
    asked: [],
    idOfBatch: new Map(),
    stored: new Set(),
    pending: [],
    receipts: new Map(),
    inFlight: 0,
    mostInFlight: 0,
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function publish(state: State, options: SmallGatewayOptions, exchange: Exchange & { body: Buffer }) {
  const { request, response, body } = exchange;
  const key = String(request.headers['idempotency-key']);
  const number = state.keys.push(key);
  state.mostInFlight = Math.max(state.mostInFlight, ++state.inFlight);
  const spoilt = await options.early?.(number, response);
  state.inFlight--;
  if (spoilt) return;
  const { events } = JSON.parse(body.toString()) as PublishRequest;
  // As in the real gateway: the same key with another body is another batch.
  const name = `${key} ${createHash('sha256').update(body).digest('hex')}`;
  const id = state.idOfBatch.get(name) ?? accept(state, options, { name, events });
  if (await options.late?.(number, response)) return;
  const message = 'Events queued for processing';
  json(response, 202, { status: 'accepted', queued: events.length, message, batch_id: id });
}

function accept(
  state: State,
  options: SmallGatewayOptions,
  batch: { name: string; events: readonly Event[] },
) {
  const id = options.batchId?.() ?? randomUUID();
  state.idOfBatch.set(batch.name, id);
  state.events.push(...batch.events);
  state.pending.push({ id, events: batch.events });
  if (options.applies?.(state.idOfBatch.size) ?? true) applyPending(state, options);
  return id;
}

function applyPending(state: State, { receipt: change = (same) => same }: SmallGatewayOptions): void {
  for (const { id, events } of state.pending.splice(0)) {
    const before = state.stored.size;
    for (const { topic, event_id } of events) state.stored.add(JSON.stringify([topic, event_id]));
    const unique = state.stored.size - before;
    const receipt = {
      batch_id: id,
      received: events.length,
      unique_processed: unique,
      duplicate_dropped: events.length - unique,
      dead_lettered: 0,
      applied_at: new Date().toISOString(),
    };
    state.receipts.set(id, change(receipt));
  }
}

async function receipts(state: State, options: SmallGatewayOptions, { request, response }: Exchange) {
  const ids = new URL(request.url ?? '', 'http://gateway').searchParams.getAll('batch_id');
  const number = state.asked.push(ids.length);
  if (await options.reading?.(number, response)) return;
  json(response, 200, ids.map((id) => state.receipts.get(id)).filter(Boolean));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
