/**
 * What `npm run audit` runs: asks a running gateway (TARGET_URL, with the key in ONCELOG_API_KEY if any) for an audit and prints it for people. No dependencies:
 * it needs Node.js 20.19 and nothing installed.
 *
 *   --full   count every row, not only those after the checkpoint
 *   --json   print the gateway's answer as it is
 *
 * Exits 0 when everything is consistent, 1 when something is not, 2 when it could not be asked.
 */
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run audit -- [--full] [--json]   (TARGET_URL, by default http://127.0.0.1:8080; ONCELOG_API_KEY)';

async function main() {
  const { full, json } = readFlags();
  const audit = await ask(process.env.TARGET_URL || 'http://127.0.0.1:8080', full);
  process.stdout.write(json ? `${JSON.stringify(audit)}\n` : report(audit));
  return audit.consistent ? 0 : 1;
}

/** A failure that needs no stack trace. */
class Refusal extends Error {}

function readFlags() {
  try {
    const options = { full: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } };
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Refusal(`${error.message}\n${USAGE}`);
  }
}

async function ask(target, full) {
  const base = URL.canParse(target) ? new URL(target) : undefined;
  if (base?.protocol !== 'http:' && base?.protocol !== 'https:') {
    throw new Refusal(`TARGET_URL must be a URL that begins with http:// or https://, but is ${target}`);
  }
  const url = new URL(`audit?full=${full}`, base.href.endsWith('/') ? base : `${base.href}/`);
  let response;
  try {
    const key = process.env.ONCELOG_API_KEY;
    const authorization = key ? { authorization: `Bearer ${key}` } : {};
    response = await fetch(url, { headers: { accept: 'application/json', ...authorization } });
  } catch (error) {
    throw new Refusal(
      `${target} does not answer (TARGET_URL sets another one): ${error.cause?.code ?? error.cause?.message ?? error.message}`,
    );
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok && Array.isArray(answer?.checks)) return answer;
  const hint = response.status === 401 ? ' ONCELOG_API_KEY gives the key.' : '';
  throw new Refusal(
    `${url} answered ${response.status}: ${answer?.detail ?? 'this is not the answer of an oncelog gateway'}${hint}`,
  );
}

function report({ consistent, at_rest, full, checked_at, duration_ms, checks, figures }) {
  const number = (value) => value.toLocaleString('en-US');
  const rows = checks.map(({ name, holds, left, right }) => [
    holds ? 'ok' : 'NOT OK',
    name,
    number(left),
    number(right),
  ]);
  const width = (at) => Math.max(...rows.map((row) => row[at].length));
  const [state, name, left, right] = [0, 1, 2, 3].map(width);
  const lines = rows.map(
    (row) =>
      `${row[0].padEnd(state)}  ${row[1].padEnd(name)}  ${row[2].padStart(left)}  ${row[3].padStart(right)}`,
  );
  const wrong = checks
    .filter(({ holds }) => !holds)
    .map(({ name: check, detail }) => `${check}\n  ${detail}`);
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${number(value)}`);
  return [
    ...lines,
    '',
    shown.join(', '),
    '',
    ...wrong,
    `${consistent ? 'consistent' : 'NOT consistent'}, ${at_rest ? 'at rest' : 'while events flow'}: ` +
      `${full ? 'every row' : 'what is new'} counted in ${duration_ms} ms at ${checked_at}`,
    '',
  ].join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`oncelog: ${error instanceof Refusal ? error.message : error.stack}\n`);
  process.exitCode = 2;
}
