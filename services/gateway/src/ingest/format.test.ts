import { expect, it } from 'vitest';
import { formatOf } from './format.ts';

const CE = { 'ce-id': '1' };

it.each([
  ['application/json', {}, 'json'],
  ['application/json; charset=UTF-8', {}, 'json'],
  ['application/vnd.acme+json', {}, 'json'],
  ['application/json;charset=latin1', {}, undefined],
  ['application/x-ndjson', {}, 'lines'],
  ['application/ndjson; charset=utf-8', {}, 'lines'],
  ['Application/JSONL', {}, 'lines'],
  ['application/x-ndjson; charset=utf-16', {}, undefined],
  ['application/ndjsonx', {}, undefined],
  ['text/plain', {}, undefined],
  [undefined, {}, undefined],
  ['application/cloudevents+json', {}, 'cloud-event'],
  ['application/cloudevents+json; charset=utf-8', CE, 'cloud-event'],
  ['application/cloudevents-batch+json', {}, 'cloud-event-batch'],
  ['application/cloudevents-batch+json', CE, 'cloud-event-batch'],
  ['application/cloudevents', CE, undefined],
  ['application/cloudevents+protobuf', CE, undefined],
  ['application/cloudevents+json; charset=latin1', CE, undefined],
  ['application/json', CE, 'binary-cloud-event'],
  ['application/x-ndjson', CE, 'binary-cloud-event'],
  ['text/plain; charset=latin1', CE, 'binary-cloud-event'],
  [undefined, CE, 'binary-cloud-event'],
])('%s with %j is %s', (type, headers, format) => {
  expect(formatOf({ ...headers, ...(type === undefined ? {} : { 'content-type': type }) })).toBe(format);
});
