import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningServer } from '../process/server.ts';

/** Starts a server in a temporary folder. The returned `close` stops it and removes the folder. */
export async function startTemporaryServer(
  name: string,
  start: (dir: string) => Promise<RunningServer>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), `oncelog-${name}-`));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  try {
    const server = await start(dir);
    // A test run that ends in a hurry does not wait for its teardown.
    const abandon = () => {
      server.kill('SIGKILL');
      remove();
    };
    process.once('exit', abandon);
    const close = async () => {
      process.off('exit', abandon);
      await server.stop();
      remove();
    };
    return { url: server.url, close };
  } catch (error) {
    remove();
    throw error;
  }
}
