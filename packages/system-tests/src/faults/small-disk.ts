import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own that a test can fill. */
export interface SmallDisk {
  readonly dir: string;
  /** Takes all the space that is left. */
  fill(): void;
  free(): void;
  remove(): void;
}

export type SmallDiskOutcome =
  | { readonly outcome: 'mounted'; readonly disk: SmallDisk }
  | { readonly outcome: 'not-permitted'; readonly reason: string };

/** Mounts a tmpfs of that size, which takes root and the right to mount. */
export function mountSmallDisk(megabytes: number): SmallDiskOutcome {
  const dir = mkdtempSync(join(tmpdir(), 'oncelog-disk-'));
  const options = `size=${megabytes}m,mode=755`;
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    rmSync(dir, { recursive: true });
    const why = (mounted.error?.message ?? mounted.stderr).trim();
    return { outcome: 'not-permitted', reason: `a full disk needs root, to mount a small one: ${why}` };
  }
  chmodSync(dir, 0o755);
  const filler = join(dir, 'filler');
  const disk: SmallDisk = {
    dir,
    fill: () => writeUntilFull(filler),
    free: () => rmSync(filler, { force: true }),
    remove() {
      spawnSync('umount', ['--lazy', dir]);
      rmSync(dir, { recursive: true });
    },
  };
  return { outcome: 'mounted', disk };
}

/** In pieces, because others write at the same time, and whatever they leave is to be taken. */
function writeUntilFull(file: string): void {
  const piece = Buffer.alloc(4_096);
  try {
    for (;;) appendFileSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
