/**
 * Asks the registry for advisories on the packages of the lock file: `npm run audit:packages`.
 *
 * Exit code 0: none. 1: there are some, and pnpm has listed them. 2: nothing was checked, because the registry does not
 * offer audits or does not answer; that is never taken for a clean result.
 */
import { spawnSync } from 'node:child_process';

const say = (line) => process.stderr.write(`audit: ${line}\n`);
const ADVISORIES = 1;
const NOT_CHECKED = 2;

/** What pnpm's exit and its output mean. It exits 1 for advisories and for every failure alike. */
function verdictOf({ status, stdout, error }) {
  if (error !== undefined) return NOT_CHECKED;
  if (status === 0) return 0;
  return /\d+ vulnerabilit(y|ies) found/.test(stdout) ? ADVISORIES : NOT_CHECKED;
}

const audit = spawnSync('pnpm', ['audit', '--audit-level=moderate', ...process.argv.slice(2)], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
});
if (audit.error !== undefined) say(`pnpm did not run: ${audit.error.message}`);
process.stdout.write(audit.stdout ?? '');
process.stderr.write(audit.stderr ?? '');
const verdict = verdictOf(audit);
if (verdict === NOT_CHECKED)
  say('NOTHING WAS CHECKED: pnpm did not run, or the registry offers no audits or did not answer.');
process.exitCode = verdict;
