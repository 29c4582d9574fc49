import {
  MAX_VIOLATIONS,
  type ParsedCloudEvent,
  type ParsedCloudEvents,
  parseCloudEvent,
  parseCloudEventBatch,
  type Violation,
} from '@oncelog/event-schema';
import type { Request, Response } from 'express';
import type { AcceptBatch } from '../accept-batch.ts';
import { type MayPublishTo, outsideLimit, topicLimitOf } from '../auth/principal.ts';
import { Problem } from '../problem.ts';
import { batchOfCloudEvents } from './cloud-event-batch.ts';
import { dataMember } from './cloud-event-data.ts';
import { parseAttributes } from './cloud-event-headers.ts';
import type { Format } from './format.ts';

export interface CloudEventsDeps {
  readonly accept: AcceptBatch;
  readonly now: () => Date;
}

export interface CloudEventsConfig {
  readonly maxEventsPerBatch: number;
  readonly maxBodyBytes: number;
}

/** The modes of CloudEvents over HTTP. */
export type CloudEventsMode = Extract<Format, 'binary-cloud-event' | 'cloud-event' | 'cloud-event-batch'>;

export type PublishCloudEvents = (
  mode: CloudEventsMode,
  request: Request,
  response: Response,
) => Promise<void>;

/** `POST /publish` with CloudEvents 1.0: each becomes an event, all of them a batch that is accepted or refused whole. */
export function createPublishCloudEvents(
  { accept, now }: CloudEventsDeps,
  config: CloudEventsConfig,
): PublishCloudEvents {
  return async (mode, request, response) => {
    const cloudEvents = readCloudEvents(mode, request, config);
    if (cloudEvents.length === 0) {
      response.status(204).end(); // a batch may be empty: there is nothing to keep
      return;
    }
    const mayPublishTo = topicLimitOf(response);
    if (mayPublishTo !== undefined) refuseOtherTopics(cloudEvents, mode, mayPublishTo);
    const batch = batchOfCloudEvents(cloudEvents, now());
    if (batch.body.length > config.maxBodyBytes) {
      const detail = `The batch that is made of the CloudEvents may have at most ${config.maxBodyBytes} bytes.`;
      throw new Problem('body-too-large', { detail });
    }
    await accept(request, response, batch);
  };
}

function readCloudEvents(
  mode: CloudEventsMode,
  request: Request,
  { maxEventsPerBatch: maxEvents }: CloudEventsConfig,
): ParsedCloudEvent[] {
  const body = request.body as Buffer;
  switch (mode) {
    case 'cloud-event':
      return validOf(parseCloudEvent(body));
    case 'cloud-event-batch':
      return validOf(parseCloudEventBatch(body, { maxEvents }));
    case 'binary-cloud-event':
      return validOf(parseCloudEvent(inJsonFormat(request, body)));
  }
}

/** A CloudEvent in binary mode as one in structured mode. */
function inJsonFormat(request: Request, body: Buffer): Buffer {
  const parsed = parseAttributes(request);
  if (parsed.outcome === 'invalid') throw invalid(parsed.violations);
  const { attributes } = parsed;
  const data = dataMember(body, attributes['datacontenttype']);
  const text = JSON.stringify(attributes);
  if (data === undefined) return Buffer.from(text);
  return Buffer.concat([Buffer.from(`${text.slice(0, -1)},`), data, Buffer.from('}')]);
}

function validOf(parsed: ParsedCloudEvents): ParsedCloudEvent[] {
  switch (parsed.outcome) {
    case 'valid':
      return parsed.cloudEvents;
    case 'malformed':
      throw new Problem('malformed-json', { detail: parsed.detail });
    case 'invalid':
      throw invalid(parsed.violations);
  }
}

function invalid(errors: readonly Violation[]): Problem {
  return new Problem('invalid-cloudevent', { detail: 'Nothing was kept: see errors.', errors });
}

/** Where the topic of a CloudEvent is: its type. */
const TYPE_AT: Record<CloudEventsMode, (at: number) => string> = {
  'binary-cloud-event': () => '/headers/ce-type',
  'cloud-event': () => '/type',
  'cloud-event-batch': (at) => `/${at}/type`,
};

/** @throws {Problem} 403 that points to each event */
function refuseOtherTopics(
  cloudEvents: readonly ParsedCloudEvent[],
  mode: CloudEventsMode,
  mayPublishTo: MayPublishTo,
): void {
  const errors = cloudEvents.flatMap(({ type }, at) =>
    mayPublishTo(type) ? [] : [outsideLimit(TYPE_AT[mode](at))],
  );
  if (errors.length === 0) return;
  const detail = 'Nothing was kept: the key is limited to other topics.';
  throw new Problem('forbidden', { detail, errors: errors.slice(0, MAX_VIOLATIONS) });
}
