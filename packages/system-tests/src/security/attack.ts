import { event, type System } from '../testing/system.ts';
import { bytesOf, type HostileRequest } from './hostile-request.ts';
import { type RawOutcome, sendRaw } from './send-raw.ts';

const SIDE_BY_SIDE = 8;

export interface Attack {
  /** What became of each request. */
  readonly outcomes: readonly RawOutcome[];
  /** Statuses that a decent client was answered with meanwhile: it publishes an event at a time. */
  readonly decent: readonly number[];
}

/** Sends hostile requests, some side by side. */
export async function attack(system: System, requests: readonly HostileRequest[]): Promise<Attack> {
  const port = Number(new URL(system.stack.url).port);
  const outcomes: RawOutcome[] = [];
  const decent: number[] = [];
  for (let at = 0; at < requests.length; at += SIDE_BY_SIDE) {
    const wave = requests.slice(at, at + SIDE_BY_SIDE);
    const beside = system.post({ events: [event({ topic: 'decent' })] });
    const answered = wave.map((one) => sendRaw({ port, bytes: bytesOf(one), end: one.end }));
    outcomes.push(...(await Promise.all(answered)));
    decent.push((await beside).status);
  }
  return { outcomes, decent };
}

/** An outcome in a word: `202`, `422 invalid-batch`, `closed`. */
export function inShort(outcome: RawOutcome): string {
  if (typeof outcome === 'string') return outcome;
  const isProblem = outcome.headers['content-type']?.startsWith('application/problem+json') === true;
  const code =
    isProblem && outcome.body !== '' ? ` ${(JSON.parse(outcome.body) as { code: string }).code}` : '';
  return `${outcome.status}${code}`;
}
