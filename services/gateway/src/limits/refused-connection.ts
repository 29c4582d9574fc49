import type { Logger, OnRefusedConnection } from '@oncelog/service-kit';
import type { GatewayMetrics } from '../metrics.ts';
import type { LineLimit } from './line-limit.ts';

export interface RefusedConnectionDeps {
  readonly log: Logger;
  readonly lineLimit: LineLimit;
  readonly metrics: Pick<GatewayMetrics, 'refusedConnections'>;
}

/** Counts and logs connections that were closed without an answer. */
export function logRefusedConnection({
  log,
  lineLimit,
  metrics,
}: RefusedConnectionDeps): OnRefusedConnection {
  return (reason, address) => {
    metrics.refusedConnections.inc({ reason });
    if (lineLimit.admits(`connection ${reason}`)) log.warn({ reason, address }, 'connection refused');
  };
}
