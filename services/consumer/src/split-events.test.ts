import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitEvents } from './split-events.ts';

it('cuts events out to the byte', () => {
  const events = ['{"a":1.50,"b":"],[{\\"}"}', '[ 1 , [2] ]', '"x,y"', '-0.10e5', '{ }'];
  expect(splitEvents(`{"events":[${events.join(' ,\n')}]}`)).toEqual(events);
  expect(
    splitEvents(' { "x" : {"events":[1]}, "\\u0065vents" : [ 2 ] , "y":["events",{"events":[3]}] } '),
  ).toEqual(['2']);
});

it('takes the last of several arrays, as JSON.parse and Postgres do', () => {
  expect(splitEvents('{"events":[1,2],"events":[3]}')).toEqual(['3']);
  expect(splitEvents('{"events":3,"events":[]}')).toEqual([]);
});

it('takes the events of an array of documents in turn', () => {
  expect(splitEvents('[{"events":[1,"]"]}, {"x":[","],"events":[ {"a":[2]} ]} ,{"events":[]}]')).toEqual([
    '1',
    '"]"',
    '{"a":[2]}',
  ]);
});

it.each([
  '',
  '[{"events":[1]},3]',
  '[[{"events":[1]}]]',
  'x',
  '[]',
  '3',
  'null',
  '"events"',
  '{}',
  '{"events":{}}',
  '{"events":[1],"events":2}',
  '{"events":[1}',
])('finds no events in %j', (body) => {
  expect(splitEvents(body)).toBeUndefined();
});

it('agrees with JSON.parse on any document', () => {
  fc.assert(
    fc.property(fc.array(fc.json()), fc.dictionary(fc.string(), fc.jsonValue()), (events, others) => {
      const rest = JSON.stringify(others).slice(1, -1);
      const before = `{${rest === '' ? '' : `${rest},`}"events": [${events.join(' , ')}]}`;
      expect(splitEvents(before)).toEqual(events);
      const after = `{"events":[${events.join(',')}]${'events' in others || rest === '' ? '' : `,${rest}`}}`;
      expect(splitEvents(after)).toEqual(events);
      expect(splitEvents(`[${before} , ${after}]`)).toEqual([...events, ...events]);
    }),
  );
});
