import type { Audit } from '@oncelog/event-schema';
import { createLogger } from '@oncelog/service-kit';
import { describe, expect, it } from 'vitest';
import { auditOnce, runAudits } from './audit-loop.ts';

const FOUND = {
  consistent: true,
  at_rest: true,
  full: false,
  checked_at: '2026-01-01T00:00:00Z',
  duration_ms: 1,
  checks: [
    { name: 'a = b', holds: true, left: 1, right: 1, detail: '' },
    { name: 'c = d', holds: false, left: 1, right: 2, detail: '' },
  ],
  figures: {},
} as unknown as Audit;

function loggedBy() {
  const lines: string[] = [];
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) });
  return { log, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('auditOnce', () => {
  it('logs an error with the checks that fail', async () => {
    const { log, logged } = loggedBy();
    await auditOnce({ log, auditor: { audit: async () => ({ ...FOUND, consistent: false }) } });
    expect(logged()).toMatchObject([{ level: 50, failed: [{ name: 'c = d', left: 1, right: 2 }] }]);
  });

  it('says nothing where all is well, and warns where nothing is known', async () => {
    const { log, logged } = loggedBy();
    await auditOnce({ log, auditor: { audit: async () => FOUND } });
    expect(logged()).toEqual([]);
    await auditOnce({ log, auditor: { audit: () => Promise.reject(new Error('away')) } });
    expect(logged()).toMatchObject([{ level: 40, msg: 'audit could not be made' }]);
  });
});

it('runAudits audits again and again until it is stopped', async () => {
  const { log } = loggedBy();
  const stop = new AbortController();
  let audits = 0;
  const audit = async () => {
    audits += 1;
    if (audits === 3) stop.abort();
    return FOUND;
  };
  await runAudits({ log, auditor: { audit } }, { intervalMs: 1, stop: stop.signal });
  expect(audits).toBe(3);
});
