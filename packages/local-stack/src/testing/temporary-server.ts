import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningServer } from '../process/server.ts';

/** Starts a server in a temporary folder. The returned `close` stops it and removes the folder. */
export async function startTemporaryServer(
  name: string,
  start: (dir: string) => Promise<RunningServer>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), `oncelog-${name}-`));
  // Root's Postgres runs as another user, who has to pass through.
  chmodSync(dir, 0o755);
  const leash = holdLeash(dir);
  const clear = () => {
    leash.release();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const server = await start(dir);
    leash.tie(server.pid);
    const close = async () => {
      await server.stop();
      clear();
    };
    return { url: server.url, close };
  } catch (error) {
    clear();
    throw error;
  }
}

/**
 * A test run that is killed cannot stop its servers. So a shell holds the other end of a pipe to us: it reads the pid, then
 * waits for the end of the pipe, which comes when we are gone in whatever way, and then cleans up.
 */
function holdLeash(dir: string): { tie: (pid: number) => void; release: () => void } {
  const script = 'read -r pid; cat > /dev/null; [ -z "$pid" ] || kill -KILL "$pid"; rm -rf "$1"';
  const shell = spawn('sh', ['-c', script, 'sh', dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  return {
    tie: (pid) => void shell.stdin.write(`${pid}\n`),
    release: () => void shell.kill('SIGKILL'),
  };
}
