import {
  type ProblemDetails,
  RequestRejectedError,
  RetriesExhaustedError,
  UnusableAnswerError,
  type Violation,
} from '@oncelog/client';
import { clean } from './text.ts';

/** What the exit code says. A signal's is 128 and its number. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command did what it could, and has said itself why that was not all: exit code 1. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError';
}

/** The time that `--timeout` gives is over; `cause` is what the last attempt met. */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';

  constructor(seconds: number, cause: Error | undefined) {
    const met = cause === undefined ? 'no answer' : cause.message;
    super(`gave up after ${seconds} s: ${met}`, { cause });
  }
}

export interface Failure {
  /** For standard error; the first line says it all, the others which field and which rule. */
  readonly lines: readonly string[];
  readonly code: number;
}

const NO_GATEWAY = ' (is there an oncelog gateway at --url?)';

/** What to tell of an error, and the exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof UsageError) return { lines: [`oncelog: ${error.message}`], code: EXIT.usage };
  if (error instanceof ReportedError) return { lines: [], code: EXIT.failed };
  return { lines: failureLines(error), code: EXIT.failed };
}

function failureLines(error: unknown): string[] {
  if (error instanceof RequestRejectedError) {
    const [first, ...rest] = rejectionLines(error);
    return [`oncelog: ${first}`, ...rest];
  }
  if (error instanceof RetriesExhaustedError || error instanceof GaveUpError) {
    return [`oncelog: ${clean(error.message)}${hintFor(error.cause)}`];
  }
  if (error instanceof Error && isOperational(error)) return [`oncelog: ${clean(error.message)}`];
  return [`oncelog: this should not happen: ${error instanceof Error ? error.stack : String(error)}`];
}

/** Files and streams fail with a code; what has none is a mistake of ours, and its stack says where. */
function isOperational(error: Error & { code?: unknown }): boolean {
  return typeof error.code === 'string' || error.name === 'OperationalError';
}

/** Something that is no bug went wrong; its message says what. */
export class OperationalError extends Error {
  override readonly name = 'OperationalError';
}

/** What the gateway said to a request that it refused for good. */
export function rejectionLines({ message, status, problem }: RequestRejectedError): string[] {
  const hint =
    status === 401
      ? ' (ONCELOG_API_KEY or --api-key-file gives the key)'
      : status >= 300 && status < 400
        ? ' (is --url the gateway itself?)'
        : '';
  if (problem === undefined) return [`${clean(message)}${hint || (status === 404 ? NO_GATEWAY : '')}`];
  const request = message.slice(0, message.indexOf(' was rejected'));
  return [
    `${request}: ${status} ${clean(problemLine(problem))}${hint}`,
    ...(problem.errors ?? []).map(violationLine),
  ];
}

function problemLine({ title, detail }: ProblemDetails): string {
  return [title, detail].filter((part) => typeof part === 'string' && part !== '').join(': ');
}

function violationLine({ pointer, rule, detail }: Violation): string {
  return clean(`  ${fieldOf(pointer)}: ${detail} (${rule})`);
}

/** `/query/limit` is what people call the parameter limit. */
function fieldOf(pointer: string): string {
  const [, place, name] = /^\/(query|headers)\/(.+)$/.exec(pointer) ?? [];
  if (name === undefined) return pointer === '' ? 'the whole' : pointer;
  return place === 'query' ? name : `header ${name}`;
}

function hintFor(cause: unknown): string {
  if (cause instanceof UnusableAnswerError) {
    return cause.status < 300 ? NO_GATEWAY : '';
  }
  const text = cause instanceof Error ? cause.message : '';
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/.test(text)
    ? ' (is the gateway running? --url or ONCELOG_URL says where)'
    : '';
}
