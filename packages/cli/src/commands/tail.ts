import type { RawJson, RetryNotice } from '@oncelog/client';
import type { Command } from 'commander';
import { integer, jsonObject, several } from '../arguments.ts';
import { GaveUpError } from '../failure.ts';
import type { Runner } from '../program.ts';
import type { Session } from '../session.ts';
import { counted } from '../text.ts';
import { cellsOf } from './events.ts';

interface TailOptions {
  readonly topic?: readonly string[];
  readonly source?: string;
  readonly contains?: RawJson;
  readonly limit?: number;
}

export function tailCommand(parent: Command, run: Runner): Command {
  return parent
    .command('tail')
    .description('Follow events as they are stored, until Ctrl-C.')
    .option('-t, --topic <topic>', 'Of this topic; may be repeated.', several)
    .option('-s, --source <source>', 'Of this source.')
    .option('-c, --contains <json>', 'Whose payload contains this JSON object.', jsonObject)
    .option('-n, --limit <n>', 'End after so many.', integer(1))
    .addHelpText(
      'after',
      `
When the connection is lost it comes back by itself, and goes on where it was.
Where the gateway has left events out, because they come faster than it reads
for its clients, a line on standard error says so. --timeout ends it with 1 when
there was no connection for so long: not when there was no event.

Examples:
  oncelog tail
  oncelog tail --topic orders.created --contains '{"currency":"EUR"}'
  oncelog tail --json | jq -c .payload
  oncelog tail --limit 1                   wait for the next event`,
    )
    .action(run(follow, 'keep'));
}

const REASONS = {
  'slow-reader': 'this reads too slowly',
  rate: 'they come too fast',
  retention: 'they are no longer kept',
} as const;

async function follow(session: Session, { topic, source, contains, limit }: TailOptions): Promise<undefined> {
  const { out, warn, options } = session;
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const onRetry = outageWatch(session, (error) => stop.abort(error));
  const messages = session.client({ onRetry }).tail({ topic, source, contains }, { raw: true, signal });
  let shown = 0;
  for await (const message of messages) {
    if (message.type === 'dropped') {
      const events = message.events === null ? 'some events' : counted(message.events, 'event');
      warn(`${events} left out here: ${REASONS[message.reason] ?? message.reason}`);
      continue;
    }
    await out.write(options.json ? `${message.event}\n` : lineOf(message.event, session));
    if (++shown === limit) return;
  }
}

/** Says when a connection is lost, once, and gives up when it is not back in time. */
function outageWatch(
  { warn, now, options: { timeout } }: Session,
  giveUp: (error: Error) => void,
): (notice: RetryNotice) => void {
  let sinceMs = 0;
  return ({ attempt, cause }) => {
    if (attempt === 1) {
      sinceMs = now();
      warn(`no connection: ${cause.message}; trying again`);
    } else if (timeout !== undefined && now() - sinceMs >= timeout * 1000) {
      giveUp(new GaveUpError(timeout, cause));
    }
  };
}

function lineOf(text: string, { style: { width, paint } }: Session): string {
  const [timestamp = '', topic = '', eventId = '', source = '', payload = ''] = cellsOf(text);
  const before = [timestamp, topic, source, eventId].join('  ');
  const room = width - before.length - 2;
  const shown = payload.length <= room ? payload : `${payload.slice(0, Math.max(0, room - 1))}…`;
  return `${paint('dim', timestamp)}  ${paint('bold', topic)}  ${source}  ${eventId}  ${shown}\n`;
}
