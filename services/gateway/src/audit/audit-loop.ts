import { type Logger, pause } from '@oncelog/service-kit';
import type { Auditor } from './auditor.ts';

export interface AuditLoopDeps {
  readonly auditor: Pick<Auditor, 'audit'>;
  readonly log: Logger;
}

/** One audit: an error in the log where it is inconsistent, a warning where it could not be made. Never rejects. */
export async function auditOnce({ auditor, log }: AuditLoopDeps): Promise<void> {
  try {
    const { consistent, checks, figures, at_rest: atRest } = await auditor.audit({ full: false });
    if (consistent) return;
    const failed = checks.filter(({ holds }) => !holds);
    log.error({ failed, figures, atRest }, 'audit found the counts inconsistent');
  } catch (error) {
    log.warn({ err: error }, 'audit could not be made');
  }
}

/** Audits until the signal aborts, each `intervalMs` after the one before. */
export async function runAudits(
  deps: AuditLoopDeps,
  { intervalMs, stop }: { readonly intervalMs: number; readonly stop: AbortSignal },
): Promise<void> {
  while (!stop.aborted) {
    await pause(intervalMs, stop);
    if (!stop.aborted) await auditOnce(deps);
  }
}
