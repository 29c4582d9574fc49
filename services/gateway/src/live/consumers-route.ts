import { parseEmptyQuery } from '@oncelog/event-schema';
import type { GroupMember, StreamWriter } from '@oncelog/event-stream';
import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { validQuery } from '../query-string.ts';
import { consumerStates } from './consumer-states.ts';

type Deps = { readonly stream: Pick<StreamWriter, 'members'> };

/** `GET /consumers`: the members of the consumer group, on each shard. */
export function consumersRoute({ stream }: Deps): RequestHandler {
  return async (request, response) => {
    validQuery(request, parseEmptyQuery);
    response.json(consumerStates(await membersOf(stream)));
  };
}

async function membersOf(stream: Deps['stream']): Promise<GroupMember[]> {
  try {
    return await stream.members();
  } catch (cause) {
    const detail = 'The event stream does not answer, and it alone knows its consumers. Ask again later.';
    throw new Problem('stream-unavailable', { detail, retryAfterSeconds: 1, cause });
  }
}
