import { expect, it } from 'vitest';
import { keysOf, newKey, ringOf } from '../testing/api-keys.ts';
import type { ApiKey } from './api-key.ts';
import { createSessions, SESSION_MS } from './sessions.ts';

const START = Date.UTC(2026, 0, 1);
let nowMs = START;
const now = () => new Date(nowMs);
const key = newKey();
const known = keysOf(key)[0] as ApiKey;
const ring = ringOf(key, newKey());
const sessions = createSessions({ ring, now }, { secret: 's'.repeat(32) });

it('lasts for twelve hours, or as long as its key', () => {
  nowMs = START;
  const { value, expiresAtMs } = sessions.issue(known);
  expect(expiresAtMs - START).toBe(SESSION_MS);
  nowMs = expiresAtMs - 1;
  expect(sessions.verify(value)).toMatchObject({ key: { id: known.id }, expiresAtMs });
  nowMs = expiresAtMs;
  expect(sessions.verify(value)).toBeUndefined();
  nowMs = START;
  expect(sessions.issue({ ...known, expiresAtMs: START + 5_000 }).expiresAtMs).toBe(START + 5_000);
});

it('ends with its key, and when the key gets another secret', () => {
  nowMs = START;
  const { value } = sessions.issue(known);
  const changing = ringOf(key);
  const theirs = createSessions({ ring: changing, now }, { secret: 's'.repeat(32) });
  expect(theirs.verify(value)).toBeDefined(); // another gateway with the same secret
  changing.replace(keysOf(newKey({ id: known.id })));
  expect(theirs.verify(value)).toBeUndefined();
  changing.replace([]);
  expect(theirs.verify(value)).toBeUndefined();
});

it('cannot be made by others', () => {
  nowMs = START;
  const { value, expiresAtMs } = sessions.issue(known);
  const [id, end, signature = ''] = value.split('.');
  const elsewhere = createSessions({ ring, now }, { secret: 't'.repeat(32) });
  const forged = [
    elsewhere.issue(known).value,
    `${id}.${expiresAtMs + 1}.${signature}`,
    `${newKey().stored['id']}.${end}.${signature}`,
    `${id}.${end}.${signature.slice(1)}`,
    `${id}.${end}.${'A'.repeat(43)}`,
    `${id}.${end}`,
    `${id}.1e99.${signature}`,
    '',
    '..',
  ];
  for (const text of forged) expect(sessions.verify(text), text).toBeUndefined();
});
