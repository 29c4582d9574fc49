import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loaded into a service before its own code (`node --import`): takes the fail points that a test has left for this
 * process, once. When the process has died of them it starts again without.
 */
const file = join(process.env['ARMED_DIR'] ?? '', process.env['CONSUMER_NAME'] ?? 'gateway');
try {
  process.env['FAIL_POINTS'] = readFileSync(file, 'utf8');
  rmSync(file);
} catch {
  // nothing was left for it
}
