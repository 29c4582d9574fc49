import { expect, it } from 'vitest';
import { failureKind } from './sqlstate.ts';

it.each([
  ['40P01', undefined, 'race'],
  ['40001', undefined, 'race'],
  ['23505', 'applied_batches_pkey', 'race'],
  ['23505', 'uq_topic_event_id', 'outage'],
  ['22P02', undefined, 'data'],
  ['22021', undefined, 'data'],
  ['23502', undefined, 'data'],
  ['54000', undefined, 'data'],
  ['57014', undefined, 'slow'],
  ['53200', undefined, 'slow'],
  ['57P01', undefined, 'outage'],
  ['53100', undefined, 'outage'],
  ['25006', undefined, 'outage'],
  ['42P01', undefined, 'outage'],
  ['ECONNREFUSED', undefined, 'outage'],
  ['CONNECTION_CLOSED', undefined, 'outage'],
])('%s %s means %s', (code, constraint_name, kind) => {
  expect(failureKind(Object.assign(new Error(), { code, constraint_name }))).toBe(kind);
});

it('takes what has no code for an outage: never acknowledged', () => {
  expect(failureKind(new Error('bug'))).toBe('outage');
  expect(failureKind(Object.assign(new Error(), { code: 22 }))).toBe('outage');
});
