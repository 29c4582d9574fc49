import type { Audit } from '@oncelog/event-schema';
import { readAuditCheckpoint, writeAuditCheckpoint } from '@oncelog/event-store';
import type { GatewayMetrics } from '../metrics.ts';
import { checksOf, countedChecks, figuresOf, isAtRest } from './checks.ts';
import { checkpointAfter, type MeasureDeps, type Measurement, measure } from './measure.ts';

export interface AuditorDeps extends MeasureDeps {
  readonly metrics: GatewayMetrics;
  readonly now: () => Date;
}

/** Makes audits, one at a time. */
export interface Auditor {
  /**
   * Resolves to the result of an audit that begins after this call; those who ask while one is running share the next.
   *
   * @throws what the stream or the database throws: nothing is known then
   */
  audit(options: { readonly full: boolean }): Promise<Audit>;
  /** The result of the last audit that could be made; undefined before the first. */
  readonly result: Audit | undefined;
}

export function createAuditor(deps: AuditorDeps): Auditor {
  const waiting = new Map<boolean, Promise<Audit>>();
  let last: Promise<unknown> = Promise.resolve();
  let explained = '';
  let result: Audit | undefined;

  const run = async (full: boolean): Promise<Audit> => {
    const checkedAt = deps.now();
    const startedAt = performance.now();
    const checkpoint = await readAuditCheckpoint(deps.database);
    let measurement = await measure(deps, checkpoint, full);
    // A checkpoint can be wrong only where something was committed behind it after all: then it differs, and the
    // whole count decides. What the whole count has confirmed once need not be counted again.
    if (!measurement.full && !['', explained].includes(differencesOf(measurement))) {
      measurement = await measure(deps, checkpoint, true);
    }
    if (measurement.full) explained = differencesOf(measurement);
    const next = checkpointAfter(checkpoint, measurement);
    if (next !== undefined) {
      await writeAuditCheckpoint(deps.database, { checkpoint: next, candidate: measurement.figures.next });
    }
    result = resultOf(measurement, checkedAt, performance.now() - startedAt);
    show(deps.metrics, result);
    return result;
  };

  return {
    get result() {
      return result;
    },
    audit({ full }) {
      const shared = waiting.get(full);
      if (shared !== undefined) return shared;
      const audit = last.then(() => {
        waiting.delete(full);
        return run(full);
      });
      waiting.set(full, audit);
      last = audit.catch(() => {});
      return audit;
    },
  };
}

/** Empty where the counted checks hold. */
function differencesOf(measurement: Measurement): string {
  return countedChecks(measurement)
    .filter(({ holds }) => !holds)
    .map(({ name, left, right }) => `${name}: ${left - right}`)
    .join('; ');
}

function resultOf(measurement: Measurement, checkedAt: Date, durationMs: number): Audit {
  const checks = checksOf(measurement);
  return {
    consistent: checks.every(({ holds }) => holds),
    at_rest: isAtRest(measurement),
    full: measurement.full,
    checked_at: checkedAt.toISOString(),
    duration_ms: Math.round(durationMs * 10) / 10,
    checks,
    figures: figuresOf(measurement),
  };
}

function show(metrics: GatewayMetrics, { consistent, checked_at, checks }: Audit): void {
  metrics.auditConsistent.set(consistent ? 1 : 0);
  metrics.auditedAt.set(Date.parse(checked_at) / 1_000);
  metrics.auditDifference.reset();
  for (const { name, holds, left, right } of checks) {
    if (!holds) metrics.auditDifference.set({ check: name }, left - right);
  }
}
