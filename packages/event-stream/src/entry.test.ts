import { describe, expect, it } from 'vitest';
import { entryBytes, readEntry } from './entry.ts';

const fields = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const ID = '018f2b6e-7c1a-7000-8000-000000000001';

const BATCH = ['batch_id', ID, 'events', '3', 'epoch', '19f', 'body', '{"events":[]}'];
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

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
    ['a traced request', [TRACEPARENT]],
    ['gathered traced requests', Array(16).fill(TRACEPARENT)],
  ])('reads where an entry of %s comes from', (_, traceparents) => {
    const entry = readEntry('1-0', fields(...BATCH, 'traceparent', traceparents.join(',')));
    expect(entry).toEqual({ ...readEntry('1-0', fields(...BATCH)), traceparents });
  });

  it.each([
    ['nothing', ''],
    ['words', 'hello'],
    ['another version', TRACEPARENT.replace('00-', '01-')],
    ['capitals', TRACEPARENT.toUpperCase()],
    ['spaces', `${TRACEPARENT}, ${TRACEPARENT}`],
    ['one that is cut off', `${TRACEPARENT},${TRACEPARENT.slice(1)}`],
    ['more than there may be', Array(17).fill(TRACEPARENT).join(',')],
    ['a novel', 'x'.repeat(10_000_000)],
  ])('takes an entry for ours whose traceparent holds %s, and ignores that', (_, text) => {
    const entry = readEntry('1-0', fields(...BATCH, 'traceparent', text));
    expect(entry).toEqual(readEntry('1-0', fields(...BATCH)));
  });

  it.each([
    ['no fields', []],
    ['other fields', ['a', 'b']],
    ['another order', ['events', '1', 'batch_id', ID, 'epoch', '19f', 'body', '{}']],
    ['one field more', ['batch_id', ID, 'events', '1', 'epoch', '19f', 'body', '{}', 'x', 'y']],
    ['two fields more', [...BATCH, 'traceparent', TRACEPARENT, 'x', 'y']],
    ['a name without a value', [...BATCH, 'traceparent']],
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
  // as it is counted when it is appended
  expect(entryBytes(readEntry('1-0', fields(...BATCH, 'traceparent', TRACEPARENT)))).toBe(13);
  expect(entryBytes(readEntry('1-0', fields('ab', 'cde')))).toBe(5);
});
