import { describe, expect, it } from 'vitest';
import { entryBytes, readEntry } from './entry.ts';

const fields = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const ID = '018f2b6e-7c1a-7000-8000-000000000001';

describe('readEntry', () => {
  it('reads an entry of a gateway', () => {
    const entry = readEntry(
      '1-0',
      fields('batch_id', ID, 'events', '3', 'epoch', '19f', 'body', '{"events":[]}'),
    );
    expect(entry).toEqual({
      kind: 'batch',
      id: '1-0',
      batchId: ID,
      events: 3,
      epoch: '19f',
      body: Buffer.from('{"events":[]}'),
    });
  });

  it.each([
    ['no fields', []],
    ['other fields', ['a', 'b']],
    ['another order', ['events', '1', 'batch_id', ID, 'epoch', '19f', 'body', '{}']],
    ['one field more', ['batch_id', ID, 'events', '1', 'epoch', '19f', 'body', '{}', 'x', 'y']],
    ['no UUID', ['batch_id', 'x', 'events', '1', 'epoch', '19f', 'body', '{}']],
    ['no count', ['batch_id', ID, 'events', '0', 'epoch', '19f', 'body', '{}']],
    ['no epoch', ['batch_id', ID, 'events', '1', 'epoch', 'x', 'body', '{}']],
    ['an absurd count', ['batch_id', ID, 'events', '1e3', 'epoch', '19f', 'body', '{}']],
  ])('takes an entry with %s for a foreign one and keeps its bytes', (_, texts) => {
    expect(readEntry('1-0', fields(...texts))).toEqual({
      kind: 'foreign',
      id: '1-0',
      fields: fields(...texts),
    });
  });
});

it('measures an entry by its values', () => {
  expect(
    entryBytes(readEntry('1-0', fields('batch_id', ID, 'events', '3', 'epoch', '19f', 'body', '12345'))),
  ).toBe(5);
  expect(entryBytes(readEntry('1-0', fields('ab', 'cde')))).toBe(5);
});
