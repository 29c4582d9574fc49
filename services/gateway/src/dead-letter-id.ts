import type { Request } from 'express';
import { Problem } from './problem.ts';

/** @throws {Problem} 404: what is no positive bigint cannot be the ID of a letter */
export function deadLetterIdOf(request: Request): string {
  const id = String(request.params['id']);
  if (!/^[1-9]\d{0,18}$/.test(id) || BigInt(id) > 9_223_372_036_854_775_807n) throw noSuchLetter();
  return id;
}

export function noSuchLetter(): Problem {
  return new Problem('not-found', { detail: 'There is no dead letter with this ID.' });
}
