import type { Audit, BatchReceipt, ConsumerState, Health, Stats } from './api-types.ts';
import type { Received } from './attempt.ts';
import { RequestRejectedError } from './errors.ts';
import type { FinalOutcome } from './retry.ts';
import type { Transport } from './transport.ts';

/** How many receipts one request asks for; the gateway's limit. */
export const MAX_RECEIPT_IDS = 100;

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long one attempt may take. Default: the client's. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The receipts of those of the batches that have been applied, in no particular order. A batch that is missing
 * is still on its way, or unknown. Asks for 100 at a time.
 */
export async function batches(
  transport: Transport,
  ids: readonly string[],
  options: ReadOptions = {},
): Promise<BatchReceipt[]> {
  const receipts: BatchReceipt[] = [];
  for (let from = 0; from < ids.length; from += MAX_RECEIPT_IDS) {
    const url = transport.url('batches');
    for (const id of ids.slice(from, from + MAX_RECEIPT_IDS)) url.searchParams.append('batch_id', id);
    receipts.push(...(await get(transport, { path: 'batches', url, read: readReceipts }, options)));
  }
  return receipts;
}

/** The statistics of the whole system. */
export function stats(transport: Transport, options?: ReadOptions): Promise<Stats> {
  return get(transport, { path: 'stats', read: readStats }, options);
}

/** How the gateway and what it depends on are. A gateway that says it is unhealthy (503) is an answer too. */
export function health(transport: Transport, options?: ReadOptions): Promise<Health> {
  const accepts = (status: number): boolean => status === 200 || status === 503;
  return get(transport, { path: 'health', accepts, read: readHealth }, options);
}

export interface AuditOptions extends ReadOptions {
  /** Counts every row, not only those since the last checkpoint: slow on a large store. */
  readonly full?: boolean | undefined;
}

/** Whether stream, ledger, counters and rows agree. */
export function audit(transport: Transport, { full = false, ...options }: AuditOptions = {}): Promise<Audit> {
  const url = transport.url('audit');
  if (full) url.searchParams.set('full', 'true');
  return get(transport, { path: 'audit', url, read: readAudit }, options);
}

/** The members of the consumer group. */
export function consumers(transport: Transport, options?: ReadOptions): Promise<ConsumerState[]> {
  return get(transport, { path: 'consumers', read: readConsumers }, options);
}

export interface Get<T> {
  /** For messages, and for the address where `url` is not given. */
  readonly path: string;
  readonly url?: URL;
  readonly accepts?: (status: number) => boolean;
  readonly read: (answer: unknown, received: Received) => T | undefined;
}

/**
 * @throws {RequestRejectedError} the request is at fault
 * @throws {RetriesExhaustedError} after the policy's last attempt
 * @throws the reason of the signal
 */
export async function get<T>(
  transport: Transport,
  { path, url = transport.url(path), ...how }: Get<T>,
  options: ReadOptions = {},
): Promise<T> {
  const init = { method: 'GET', headers: transport.headers() };
  const label = `GET /${path}`;
  return answerOf(await transport.send({ label, url, init, ...how }, options), label);
}

/** @throws {RequestRejectedError} */
export function answerOf<T>(outcome: FinalOutcome<T>, label: string): T {
  if (outcome.outcome === 'rejected') throw new RequestRejectedError(label, outcome);
  return outcome.value;
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

function readAudit(answer: unknown): Audit | undefined {
  const isAudit =
    isRecord(answer) && typeof answer['consistent'] === 'boolean' && Array.isArray(answer['checks']);
  return isAudit ? (answer as unknown as Audit) : undefined;
}

function readConsumers(answer: unknown): ConsumerState[] | undefined {
  const isConsumer = (item: unknown): boolean => isRecord(item) && typeof item['name'] === 'string';
  return Array.isArray(answer) && answer.every(isConsumer) ? (answer as ConsumerState[]) : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasNumbers(record: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => Number.isSafeInteger(record[name]));
}
