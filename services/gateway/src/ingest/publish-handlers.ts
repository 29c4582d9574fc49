import type { RequestHandler } from 'express';
import { type AcceptDeps, createAcceptBatch } from '../accept-batch.ts';
import { shareOf } from '../body-budget.ts';
import { Problem } from '../problem.ts';
import { publishRoute } from '../publish-route.ts';
import { readBody } from '../read-body.ts';
import { type CloudEventsMode, createPublishCloudEvents } from './cloud-events-route.ts';
import { formatOf } from './format.ts';
import { type LinesConfig, type LinesDeps, linesRoute } from './lines-route.ts';

export interface PublishHandlersDeps extends AcceptDeps, LinesDeps {
  readonly now: () => Date;
}

/** `POST /publish`, by the format of the body. */
export function publishHandlers(deps: PublishHandlersDeps, config: LinesConfig): RequestHandler[] {
  const accept = createAcceptBatch(deps, config);
  const publishJson = publishRoute({ accept }, config);
  // they may stay for long, and must not shut out who sends batches
  const uploads = shareOf(deps.budget, Math.floor(deps.budget.maxBytes / 2));
  const publishLines = linesRoute({ ...deps, budget: uploads }, config);
  const publishCloudEvents = createPublishCloudEvents({ ...deps, accept }, config);

  const byFormat: RequestHandler = (request, response, next) => {
    const format = formatOf(request.headers);
    switch (format) {
      case 'json':
        return next();
      case 'lines':
        return publishLines(request, response, next);
      case undefined:
        throw unsupported();
      default:
        response.locals['cloudEvents'] = format;
        return next();
    }
  };

  const publishWhole: RequestHandler = (request, response, next) => {
    const mode = response.locals['cloudEvents'] as CloudEventsMode | undefined;
    return mode === undefined
      ? publishJson(request, response, next)
      : publishCloudEvents(mode, request, response);
  };

  return [byFormat, ...readBody(deps, config), publishWhole];
}

function unsupported(): Problem {
  return new Problem('unsupported-media-type', {
    detail:
      'Content-Type must be application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json, in UTF-8, or that of the data of a CloudEvent with its attributes in ce- headers.',
  });
}
