import type { KeptLines, PublishLinesResponse } from '@oncelog/event-schema';
import { type Logger, paceBody, traceFields } from '@oncelog/service-kit';
import type { Request, RequestHandler, Response } from 'express';
import type { AcceptDeps } from '../accept-batch.ts';
import { appendBatch } from '../append.ts';
import { clientOf, requestFields, topicLimitOf } from '../auth/principal.ts';
import { idempotencyKeyOf, lineBatchIdOf } from '../batch-id.ts';
import type { BodyBudget } from '../body-budget.ts';
import { asProblem } from '../error-handler.ts';
import { networkOf } from '../limits/client-of.ts';
import type { LineLimit } from '../limits/line-limit.ts';
import { Problem } from '../problem.ts';
import { traceparentOf } from '../request-trace.ts';
import { bodyChunks, ClientGoneError, decoderBytes } from './body-stream.ts';
import type { LineBatch } from './line-batcher.ts';
import {
  createLinesUpload,
  type LinesUpload,
  type LinesUploadLimits,
  maxBatchBytes,
  tooLarge,
} from './lines-upload.ts';
import { createTurns } from './turns.ts';

export interface LinesDeps extends AcceptDeps {
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  readonly budget: BodyBudget;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
}

export interface LinesConfig extends LinesUploadLimits {
  /** A client that sends nothing for so long is cut off. */
  readonly bodyStallMs: number;
}

/** Of measures: what takes as long as its client likes says nothing about how fast we answer. */
const ROUTE = '/publish lines';

/**
 * `POST /publish` with lines of events (NDJSON), of any number: takes them as they come, makes batches of them, and keeps each
 * when it is complete. 202 when all are kept; otherwise a problem that says what was kept before it.
 */
export function linesRoute(deps: LinesDeps, config: LinesConfig): RequestHandler {
  const { budget, stopping } = deps;
  const { bodyStallMs: stallMs, maxBodyBytes: freeBytes } = config;
  const turn = createTurns();
  return async (request, response) => {
    response.locals['route'] = ROUTE;
    paceBody(request);
    refuseByLength(request, config);
    const key = idempotencyKeyOf(request);
    const reservation = reserve(budget, request, config);
    const keep = (batch: LineBatch) => keepBatch(deps, response, { batch, key });
    const upload = createLinesUpload({ keep, turn, mayPublishTo: topicLimitOf(response) }, config);
    try {
      for await (const chunk of bodyChunks(request, { stallMs, freeBytes, stopping })) {
        await upload.take(chunk);
        reservation.coverLine(upload.pendingBytes);
      }
      await upload.end();
    } catch (error) {
      throw await problemOf(error, upload, { deps, response });
    } finally {
      reservation.release();
    }
    answer(response, upload.kept());
  };
}

/** @throws {Problem} 413, before a byte is read */
function refuseByLength(request: Request, { maxNdjsonBytes }: LinesConfig): void {
  if (Number(request.get('Content-Length')) > maxNdjsonBytes) throw tooLarge(maxNdjsonBytes);
}

/**
 * The memory of an upload: two batches, and what decompression needs. While a line is longer than a batch may be, as much as
 * the longest line may need.
 */
function reserve(budget: BodyBudget, request: Request, config: LinesConfig) {
  const batchBytes = maxBatchBytes(config);
  const decoding = decoderBytes(request);
  const largest = Math.min(decoding + 3 * config.maxBodyBytes, budget.maxBytes);
  let reserved = Math.min(decoding + 2 * batchBytes, largest);
  const client = networkOf(request.ip ?? 'unknown');
  budget.reserve(reserved, client);
  return {
    coverLine(pendingBytes: number): void {
      if (pendingBytes <= batchBytes || reserved === largest) return;
      budget.reserve(largest - reserved, client);
      reserved = largest;
    },
    release: () => budget.release(reserved, client),
  };
}

interface OneBatch {
  readonly batch: LineBatch;
  readonly key: string | undefined;
}

async function keepBatch(deps: LinesDeps, response: Response, { batch, key }: OneBatch): Promise<string> {
  const { events, body, index, firstLine, lastLine } = batch;
  const batchId =
    key === undefined ? deps.newBatchId() : lineBatchIdOf({ client: clientOf(response), key, body, index });
  const traceparent = traceparentOf(response);
  const traceparents = traceparent === undefined ? undefined : [traceparent];
  try {
    await appendBatch({ ...deps, what: 'batch' }, { batchId, events, body, traceparents });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = `The batch of lines ${firstLine} to ${lastLine}: ${error.options.detail}`;
    throw new Problem(error.code, { ...error.options, detail });
  }
  await deps.failPoint('after-append');
  deps.metrics.acceptedEvents.inc(events);
  deps.metrics.requestEvents.observe(events);
  deps.metrics.requestBodyBytes.observe(body.length);
  return batchId;
}

/** What became of an upload that did not come to its end. A batch on its way that fails is what failed first. */
async function problemOf(
  error: unknown,
  upload: LinesUpload,
  { deps, response }: { deps: Pick<LinesDeps, 'log' | 'lineLimit'>; response: Response },
): Promise<Problem> {
  let first = error;
  try {
    await upload.settle();
  } catch (failed) {
    first = failed;
  }
  const kept = upload.kept();
  const { batch_ids: _, ...counts } = kept;
  if (error instanceof ClientGoneError) {
    const fields = { ...requestFields(response), kept: counts, ...traceFields(traceparentOf(response)) };
    if (deps.lineLimit.admits('lines broken off'))
      deps.log.info(fields, 'client went away in the middle of its lines');
    return new Problem('bad-request', { detail: error.message, kept });
  }
  const { code, options } = asProblem(first);
  return new Problem(code, { ...options, detail: `${options.detail} ${whatWasKept(kept)}`, kept });
}

function whatWasKept({ lines }: KeptLines): string {
  if (lines === 0) return 'No line was kept.';
  return `Lines 1 to ${lines} were kept, in the batches before.`;
}

function answer(response: Response, kept: KeptLines): void {
  const { queued, batches, batch_ids } = kept;
  const body: PublishLinesResponse = {
    status: 'accepted',
    queued,
    message: 'Events queued for processing',
    batches,
    batch_ids,
  };
  response.status(202).json(body);
}
