import type { Batch } from '@oncelog/event-stream';
import type { Series } from '@oncelog/service-kit';
import { withTraceparent } from './gathered-traces.ts';

/** A validated request without an ID of its own. */
export interface GatheredRequest {
  readonly body: Buffer;
  readonly events: number;
  /** The request's place in a trace. */
  readonly traceparent?: string | undefined;
}

export interface GatherDeps {
  /** Resolves when the batch is durable. */
  readonly append: (batch: Batch) => Promise<void>;
  readonly newBatchId: () => string;
  /** Told how many requests each batch is made of. */
  readonly sizes: Pick<Series, 'observe'>;
}

/** No more than one request may have, so that whatever takes the largest request takes what was gathered. */
export interface GatherLimits {
  readonly maxEventsPerBatch: number;
  readonly maxBodyBytes: number;
}

/** Larger ones gain nothing from company. */
const MAX_REQUEST_BYTES = 8 * 1024;
const MAX_BATCH_BYTES = 128 * 1024;
const BRACKETS = 2;
/** So long a request waits for others at most, while an append is under way. */
const MAX_WAIT_MS = 5;

/** Whether a request is small enough to be gathered with others. */
export function isSmall({ length }: Buffer): boolean {
  return length <= MAX_REQUEST_BYTES;
}

interface Gathering extends PromiseWithResolvers<string> {
  readonly requests: GatheredRequest[];
  readonly timer: NodeJS.Timeout;
  bytes: number;
  events: number;
  traceparents: readonly string[] | undefined;
}

/**
 * Makes one batch, thus one entry, one ledger row and one write to Redis's disk, of the small requests that arrive
 * while an append is under way. A request that finds none under way goes at once: a quiet gateway adds no delay, a
 * busy one gathers more the busier it is. (Databases know it as group commit.)
 *
 * The batch's body is an array of the requests' bodies, untouched.
 *
 * @returns resolves to the ID of the batch that the request became part of; rejects as `append` does, for all of it
 */
export function createGatherer(
  { append, newBatchId, sizes }: GatherDeps,
  { maxEventsPerBatch, maxBodyBytes }: GatherLimits,
): (request: GatheredRequest) => Promise<string> {
  const maxBytes = Math.min(MAX_BATCH_BYTES, maxBodyBytes);
  let gathering: Gathering | undefined;
  let underWay = 0;

  const send = async (batch: Gathering): Promise<void> => {
    clearTimeout(batch.timer);
    if (gathering === batch) gathering = undefined;
    underWay += 1;
    sizes.observe(batch.requests.length);
    try {
      const batchId = newBatchId();
      const { events, traceparents } = batch;
      await append({ batchId, events, body: bodyOf(batch.requests.splice(0)), traceparents });
      batch.resolve(batchId);
    } catch (error) {
      batch.reject(error);
    } finally {
      underWay -= 1;
      if (underWay === 0 && gathering !== undefined) void send(gathering);
    }
  };

  const begin = (): Gathering => {
    const batch: Gathering = {
      ...Promise.withResolvers<string>(),
      requests: [],
      timer: setTimeout(() => void send(batch), MAX_WAIT_MS),
      bytes: BRACKETS,
      events: 0,
      traceparents: undefined,
    };
    return batch;
  };

  return (request) => {
    const { body, events, traceparent } = request;
    const isFull = (batch: Gathering): boolean =>
      batch.bytes + body.length + 1 > maxBytes || batch.events + events > maxEventsPerBatch;
    if (gathering !== undefined && isFull(gathering)) void send(gathering);
    gathering ??= begin();
    const batch = gathering;
    batch.requests.push(request);
    batch.bytes += body.length + 1; // and a comma
    batch.events += events;
    if (traceparent !== undefined) batch.traceparents = withTraceparent(batch.traceparents, traceparent);
    if (underWay === 0) void send(batch);
    return batch.promise;
  };
}

function bodyOf(requests: readonly GatheredRequest[]): Buffer {
  const [first] = requests;
  if (requests.length === 1 && first !== undefined) return first.body;
  const pieces = requests.flatMap(({ body }, at) => [at === 0 ? OPEN : COMMA, body]);
  return Buffer.concat([...pieces, CLOSE]);
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
