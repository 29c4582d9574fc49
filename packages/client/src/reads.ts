import type { BatchReceipt, Health, Stats } from '@oncelog/event-schema';
import type { PreparedRequest } from './attempt.ts';
import { RequestRejectedError } from './errors.ts';
import type { Transport } from './transport.ts';

/** How many receipts one request asks for; the gateway's limit. */
export const MAX_RECEIPT_IDS = 100;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The receipts of those of the batches that have been applied, in no particular order. A batch that is missing
 * is still on its way, or unknown. Asks for 100 at a time.
 */
export async function batches(
  transport: Transport,
  ids: readonly string[],
  { signal }: ReadOptions = {},
): Promise<BatchReceipt[]> {
  const receipts: BatchReceipt[] = [];
  for (let from = 0; from < ids.length; from += MAX_RECEIPT_IDS) {
    const url = transport.url('batches');
    for (const id of ids.slice(from, from + MAX_RECEIPT_IDS)) url.searchParams.append('batch_id', id);
    const request = { ...get('GET /batches', url), read: readReceipts };
    receipts.push(...(await answerTo(transport, request, signal)));
  }
  return receipts;
}

/** The statistics of the whole system. */
export function stats(transport: Transport, { signal }: ReadOptions = {}): Promise<Stats> {
  return answerTo(transport, { ...get('GET /stats', transport.url('stats')), read: readStats }, signal);
}

/** How the gateway and what it depends on are. A gateway that says it is unhealthy (503) is an answer too. */
export function health(transport: Transport, { signal }: ReadOptions = {}): Promise<Health> {
  const request = {
    ...get('GET /health', transport.url('health')),
    accepts: (status: number) => status === 200 || status === 503,
    read: readHealth,
  };
  return answerTo(transport, request, signal);
}

function get(label: string, url: URL): Pick<PreparedRequest<never>, 'label' | 'url' | 'init'> {
  return { label, url, init: { method: 'GET' } };
}

async function answerTo<T>(
  transport: Transport,
  request: PreparedRequest<T>,
  signal?: AbortSignal,
): Promise<T> {
  const result = await transport.send(request, signal);
  if (result.outcome === 'rejected') throw new RequestRejectedError(request.label, result);
  return result.value;
}

const COUNTS = ['received', 'unique_processed', 'duplicate_dropped', 'dead_lettered'];

function readReceipts(answer: unknown): BatchReceipt[] | undefined {
  const isReceipt = (item: unknown): boolean =>
    isRecord(item) && typeof item['batch_id'] === 'string' && hasNumbers(item, COUNTS);
  return Array.isArray(answer) && answer.every(isReceipt) ? (answer as BatchReceipt[]) : undefined;
}

function readStats(answer: unknown): Stats | undefined {
  return isRecord(answer) && hasNumbers(answer, COUNTS) ? (answer as unknown as Stats) : undefined;
}

function readHealth(answer: unknown): Health | undefined {
  const status = isRecord(answer) ? answer['status'] : undefined;
  return status === 'healthy' || status === 'unhealthy' ? (answer as Health) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNumbers(record: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => Number.isSafeInteger(record[name]));
}
