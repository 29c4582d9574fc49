import { ConfigurationError } from '@oncelog/service-kit';
import { expect, test } from 'vitest';
import { PublisherSchema } from './config.ts';
import { helpText, readFlags } from './flags.ts';

test('a flag is the setting of the same name', () => {
  expect(
    readFlags(PublisherSchema, ['--total-events', '10', '--run-id=x', '--duplicate-rate', '0.5']),
  ).toEqual({
    outcome: 'settings',
    settings: { TOTAL_EVENTS: '10', RUN_ID: 'x', DUPLICATE_RATE: '0.5' },
  });
  expect(readFlags(PublisherSchema, [])).toEqual({ outcome: 'settings', settings: {} });
});

test.each(['--help', '-h'])('%s', (flag) => {
  expect(readFlags(PublisherSchema, ['--seed', '1', flag])).toEqual({ outcome: 'help' });
});

test.each([[['--total-event', '10']], [['--total-events']], [['20000']], [['--help=yes']]])(
  'refuses %j',
  (args) => {
    expect(() => readFlags(PublisherSchema, args)).toThrow(ConfigurationError);
  },
);

test('the help names every flag, variable, default and unit', () => {
  const help = helpText(PublisherSchema);

  expect(help).toContain('  --total-events  TOTAL_EVENTS\n      How many events');
  expect(help).toContain('Default: 20000.');
  expect(help).toMatch(/--delay-between-batches.*\n.*In seconds\. Default: 0\./);
  expect(help.match(/^ {2}--/gm)).toHaveLength(Object.keys(PublisherSchema.properties).length + 1);
});
