import { forgetProcess, type RecordedProcess, recordedProcesses } from '../process/pid-file.ts';
import { poll } from '../process/poll.ts';
import { isRunning } from '../process/process-table.ts';
import { signalIfAlive } from '../process/spawn-process.ts';

const STOP_DEADLINE_MS = 4_000;

/**
 * Stops what a supervisor that was killed has left running, and removes its records. A record whose pid meanwhile
 * belongs to another process is only removed.
 */
export async function stopLeftovers(runDir: string, log: (line: string) => void): Promise<void> {
  const records = recordedProcesses(runDir);
  const alive = records.filter(({ identity }) => isRunning(identity));
  if (alive.length > 0) {
    log(`stopping what a killed supervisor has left: ${alive.map(({ name }) => name).join(', ')}`);
  }
  const isStorage = ({ name }: RecordedProcess) => name === 'postgres' || name === 'redis';
  await stopAll(alive.filter((record) => !isStorage(record)));
  await stopAll(alive.filter(isStorage));
  for (const { pidFile } of records) forgetProcess(pidFile);
}

async function stopAll(records: readonly RecordedProcess[]): Promise<void> {
  const gone = () => records.every(({ identity }) => !isRunning(identity));
  for (const { name, pid } of records) signalIfAlive(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  if (await poll(gone, { deadlineMs: STOP_DEADLINE_MS })) return;
  for (const { pid, identity } of records) if (isRunning(identity)) signalIfAlive(-pid, 'SIGKILL');
  await poll(gone, { deadlineMs: STOP_DEADLINE_MS });
}
