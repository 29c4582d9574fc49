// Adds up what the test runners report: node .ci/totals.mjs REPORT... (files of vitest's JSON reporter, a folder's
// reports by packages/*/reports/*.json). Names each test that failed, with the first line of why, then prints
// `N passed, N failed`; exits 1 unless something ran and all of it passed.
import { readFileSync } from 'node:fs';

const totals = process.argv.slice(2).map(countsOf);
const sum = (name) => totals.reduce((total, counts) => total + counts[name], 0);
const [passed, failed] = [sum('passed'), sum('failed')];
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** A report that cannot be read is a failure: its run ended before it was written. */
function countsOf(file) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    for (const result of testResults) nameFailures(result);
    return { passed: numPassedTests, failed: numFailedTests + testResults.filter(failedAsAWhole).length };
  } catch (error) {
    process.stderr.write(`${file}: ${error.message}\n`);
    return { passed: 0, failed: 1 };
  }
}

function nameFailures({ name, message, assertionResults, ...result }) {
  if (failedAsAWhole({ ...result, assertionResults })) say(name, message);
  for (const test of assertionResults.filter(({ status }) => status === 'failed'))
    say(test.fullName, test.failureMessages[0]);
}

function say(name, why = '') {
  process.stdout.write(`failed: ${name}: ${why.split('\n', 1)[0]}\n`);
}

/** A file that did not load, or whose hooks failed: none of its tests says so. */
function failedAsAWhole({ status, assertionResults }) {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
}
