import type { System } from '../testing/system.ts';

/** What clients were answered. */
export interface Answers {
  accepted: number;
  refused: number;
  /** Connections that broke before an answer came: the gateway died. */
  unanswered: number;
  /** Answers that no client should ever see. */
  readonly wrong: string[];
  slowestMs: number;
}

export const noAnswers = (): Answers => ({
  accepted: 0,
  refused: 0,
  unanswered: 0,
  wrong: [],
  slowestMs: 0,
});

/** What a client knows of its request after one try. */
export type Fate =
  | { readonly kind: 'accepted'; readonly batchId: string }
  /** The answer says that nothing of it was kept. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

interface Publishing {
  readonly body: string;
  /** The Idempotency-Key. */
  readonly key?: string;
}

const NEVER_ANSWERED_MS = 20_000;

/** Publishes once, and notes the answer. */
export async function publishOnce(
  system: System,
  { body, key }: Publishing,
  answers: Answers,
): Promise<Fate> {
  const startedAt = performance.now();
  try {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const response = await system.post(body, headers, AbortSignal.timeout(NEVER_ANSWERED_MS));
    const text = await response.text();
    answers.slowestMs = Math.max(answers.slowestMs, performance.now() - startedAt);
    return fateOf(response, text, answers);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') answers.wrong.push(`no answer in ${NEVER_ANSWERED_MS} ms`);
    else answers.unanswered += 1;
    return { kind: 'unknown' };
  }
}

function fateOf(response: Response, text: string, answers: Answers): Fate {
  if (response.status === 202) {
    answers.accepted += 1;
    return { kind: 'accepted', batchId: (JSON.parse(text) as { batch_id: string }).batch_id };
  }
  if (isRefusal(response)) answers.refused += 1;
  else answers.wrong.push(`${response.status} ${text}`);
  return { kind: text.includes('Nothing of the request was kept') ? 'refused' : 'unknown' };
}

/** 503 as the contract has it: a problem document, and a time after which to come again. */
export function isRefusal({ status, headers }: Response): boolean {
  return (
    status === 503 &&
    /^[1-9]\d*$/.test(headers.get('retry-after') ?? '') &&
    headers.get('content-type')?.startsWith('application/problem+json') === true
  );
}
