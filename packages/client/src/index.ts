export { type Client, type ClientOptions, createClient } from './client.ts';
export {
  PublishRejectedError,
  RequestRejectedError,
  RetriesExhaustedError,
  UnusableAnswerError,
} from './errors.ts';
export type { Published, PublishOptions } from './publish.ts';
export { MAX_RECEIPT_IDS, type ReadOptions } from './reads.ts';
export type { RetryNotice, RetryPolicy } from './retry.ts';
