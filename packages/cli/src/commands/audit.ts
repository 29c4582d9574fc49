import type { Audit } from '@oncelog/client';
import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import type { Runner } from '../program.ts';
import { type TableStyle, table } from '../table.ts';
import { clean, count, duration } from '../text.ts';

/** The gateway lets an audit take two minutes, unless it is set otherwise. */
const LONGEST_AUDIT_MS = 3_600_000;

export function auditCommand(parent: Command, run: Runner): Command {
  return parent
    .command('audit')
    .description('Compare stream, ledger, counters and rows; exit code 1 where they do not agree.')
    .option('--full', 'Count every row, not only those since the checkpoint.')
    .addHelpText(
      'after',
      `
Examples:
  oncelog audit
  oncelog audit --full --json | jq '.checks[] | select(.holds | not)'`,
    )
    .action(
      run<{ full?: boolean }>(async ({ client, out, style, options, signal }, { full }) => {
        const audit = await client({ timeoutMs: LONGEST_AUDIT_MS }).audit({ full, signal });
        if (options.json) await out.json(audit);
        else await out.write(report(audit, style));
        return audit.consistent ? EXIT.ok : EXIT.failed;
      }),
    );
}

const COLUMNS = [
  { title: '' },
  { title: 'CHECK', shrink: 1 },
  { title: 'LEFT', align: 'right' },
  { title: 'RIGHT', align: 'right' },
] as const;

function report(audit: Audit, style: TableStyle): string {
  const { paint } = style;
  const rows = audit.checks.map(({ name, holds, left, right }) => [
    holds ? paint('green', 'ok') : paint('red', 'NOT OK'),
    clean(name),
    count(left),
    count(right),
  ]);
  const wrong = audit.checks
    .filter(({ holds }) => !holds)
    .map(({ name, detail }) => `${paint('red', clean(name))}\n  ${clean(detail)}\n\n`);
  const verdict = audit.consistent ? paint('green', 'consistent') : paint('red', 'NOT consistent');
  const how = `${audit.full ? 'every row' : 'what is new'} counted in ${duration(audit.duration_ms / 1000)} at ${clean(audit.checked_at)}`;
  const when = audit.at_rest ? 'at rest' : 'while events flow';
  return `${table(COLUMNS, rows, style)}\n${wrong.join('')}${verdict}, ${when}: ${how}\n`;
}
