/** Settings of the services: shorter than what the schedule does, so that claims, timeouts and retries all happen. */
export const CHAOS_SETTINGS = {
  CLAIM_IDLE_MS: '1000',
  MAINTENANCE_INTERVAL_MS: '200',
  RETRY_CAP_MS: '500',
  STATEMENT_TIMEOUT_MS: '2000',
  QUERY_TIMEOUT_MS: '2000',
} as const;
