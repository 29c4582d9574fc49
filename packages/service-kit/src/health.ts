/** A check that resolves when the thing works and rejects when it does not. */
export type Check = () => Promise<unknown>;

export interface HealthReport {
  readonly healthy: boolean;
  /** For each check: `connected`, or `error: …` in words that give nothing away. */
  readonly states: Readonly<Record<string, string>>;
}

/** A check that has not answered by then has failed: a frozen server accepts connections and says nothing. */
const CHECK_DEADLINE_MS = 2_000;

/** Runs all checks side by side; never rejects and never takes longer than two seconds. */
export async function checkHealth(checks: Readonly<Record<string, Check>>): Promise<HealthReport> {
  const states = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await stateOf(check)] as const),
  );
  return {
    healthy: states.every(([, state]) => state === 'connected'),
    states: Object.fromEntries(states),
  };
}

async function stateOf(check: Check): Promise<string> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timed out')), CHECK_DEADLINE_MS);
  try {
    await Promise.race([check(), late]);
    return 'connected';
  } catch (error) {
    return `error: ${publicReason(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

/** What an outsider may know of a failure: the kind, not hosts, ports, users or statements. */
function publicReason(error: unknown): string {
  if (error === undefined) return 'not available';
  const { code, message, errors, cause } = error as Partial<AggregateError & { code: unknown }>;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host not found';
  if (message === 'timed out' || code === 'ETIMEDOUT' || code === 'CONNECT_TIMEOUT') return 'timed out';
  return publicReason(errors?.[0] ?? cause);
}
