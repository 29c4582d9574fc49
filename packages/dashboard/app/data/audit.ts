import type { Audit } from '@oncelog/event-schema';
import { signal } from '@preact/signals';
import { type ApiProblem, askJson, asProblem } from './api.ts';

/** The gateway gives up an audit after two minutes, unless it is configured otherwise. */
const AUDIT_TIMEOUT_MS = 300_000;

/** The last audit that was asked for on this page. */
export const lastAudit = signal<Audit>();
/** The one under way. */
export const running = signal<'usual' | 'full'>();
export const auditProblem = signal<ApiProblem>();

/** Asks for an audit. Does nothing while one is under way. */
export async function runAudit({ full }: { readonly full: boolean }): Promise<void> {
  if (running.value !== undefined) return;
  running.value = full ? 'full' : 'usual';
  auditProblem.value = undefined;
  try {
    lastAudit.value = await askJson<Audit>(full ? 'audit?full=true' : 'audit', {
      timeoutMs: AUDIT_TIMEOUT_MS,
    });
  } catch (error) {
    auditProblem.value = asProblem(error);
  } finally {
    running.value = undefined;
  }
}
