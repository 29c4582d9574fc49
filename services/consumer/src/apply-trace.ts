import type { BatchOutcome } from '@oncelog/event-store';
import { CONSUMER_GROUP, type Entry, shardKeys } from '@oncelog/event-stream';
import { isSampled, type SpanAttributes, type Tracer } from '@oncelog/service-kit';
import { tracesOf } from './entry-traces.ts';

/**
 * The spans of entries that are applied together:
 *
 *   POST /publish ── append ──┬─▶ apply ── INSERT processed_events      one for each try of a statement
 *                             │     ▲
 *   POST /publish ── append ──┴─▶ process                              ╌ link: applied there, with others
 *
 * `apply` belongs to the first trace that somebody records, and is linked to the others; each of those has a `process`
 * of its own, so that no trace ends before its events are stored.
 */
export interface ApplyTrace {
  /** Runs a statement in a span. */
  statement<T>(run: () => Promise<T>): Promise<T>;
  /** What became of batches; may come in several calls. */
  applied(outcomes: readonly BatchOutcome[]): void;
  /** @param error why the entries could not be applied */
  end(error?: unknown): void;
}

export type StartApplyTrace = (entries: readonly Entry[]) => ApplyTrace;

export interface ApplyTraceConfig {
  readonly consumer: string;
  readonly streamPrefix: string;
  readonly shard: number;
  readonly databaseUrl: string;
}

/** As many as OpenTelemetry keeps of a span's links. */
const MAX_TRACES = 128;

const NO_TRACE: ApplyTrace = { statement: (run) => run(), applied() {}, end() {} };

/** @returns what starts the spans; where traces are not exported it does nothing */
export function createApplyTraces(tracer: Tracer, config: ApplyTraceConfig): StartApplyTrace {
  if (!tracer.exporting) return () => NO_TRACE;
  const ofMember = memberAttributes(config);
  const ofDatabase = databaseAttributes(config.databaseUrl);
  return (entries) => {
    const sources = entries.flatMap((entry) =>
      tracesOf(entry).map((traceparent) => ({ entry, traceparent })),
    );
    const recorded = sources.filter(({ traceparent }) => isSampled(traceparent)).slice(0, MAX_TRACES);
    // who began the traces has decided against all of them
    if (sources.length > 0 && recorded.length === 0) return NO_TRACE;
    return startTrace(tracer, { entries, recorded, ofMember, ofDatabase });
  };
}

interface TracedWork {
  readonly entries: readonly Entry[];
  readonly recorded: readonly { readonly entry: Entry; readonly traceparent: string }[];
  readonly ofMember: SpanAttributes;
  readonly ofDatabase: SpanAttributes;
}

function startTrace(tracer: Tracer, { entries, recorded, ofMember, ofDatabase }: TracedWork): ApplyTrace {
  const [first, ...others] = recorded;
  const apply = tracer.startSpan('apply', {
    kind: 'consumer',
    parent: first?.traceparent,
    links: recorded.map(({ traceparent }) => traceparent),
    attributes: { ...ofMember, ...operation('apply'), 'messaging.batch.message_count': entries.length },
  });
  const shares = others.map(({ entry, traceparent: parent }) => {
    const links = apply.traceparent === undefined ? [] : [apply.traceparent];
    const attributes = { ...ofMember, ...operation('process'), 'messaging.message.id': batchIdOf(entry) };
    return { entry, span: tracer.startSpan('process', { kind: 'consumer', parent, links, attributes }) };
  });
  let ended = false; // a statement that was given up may end later
  const totals = { events: 0, unique: 0, duplicates: 0, deadLetters: 0 };

  return {
    async statement(run) {
      const span = tracer.startSpan('INSERT processed_events', {
        kind: 'client',
        parent: apply.traceparent,
        attributes: ofDatabase,
      });
      try {
        const answer = await run();
        span.end();
        return answer;
      } catch (error) {
        span.set({ 'db.response.status_code': sqlstateOf(error) });
        span.end(error);
        throw error;
      }
    },
    applied(outcomes) {
      if (ended) return;
      for (const outcome of outcomes) {
        if (!outcome.applied) continue;
        const counts = countsOf(outcome);
        for (const name of COUNTS) totals[name] += counts[name];
        const ofBatch = shares.filter(({ entry }) => batchIdOf(entry) === outcome.batch_id);
        for (const { span } of ofBatch) span.set(countAttributes(counts));
      }
    },
    end(error) {
      ended = true;
      apply.set(countAttributes(totals));
      for (const { span } of [{ span: apply }, ...shares]) span.end(error);
    },
  };
}

type Counts = Readonly<Record<(typeof COUNTS)[number], number>>;

const COUNTS = ['events', 'unique', 'duplicates', 'deadLetters'] as const;

function countsOf({ received, unique_processed: unique, dead_lettered: deadLetters }: BatchOutcome): Counts {
  return { events: received + deadLetters, unique, duplicates: received - unique, deadLetters };
}

function countAttributes({ events, unique, duplicates, deadLetters }: Counts): SpanAttributes {
  return {
    'oncelog.events': events,
    'oncelog.unique': unique,
    'oncelog.duplicates': duplicates,
    'oncelog.dead_letters': deadLetters,
  };
}

function batchIdOf(entry: Entry): string | undefined {
  return entry.kind === 'batch' ? entry.batchId : undefined;
}

/** Names of https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function memberAttributes({ consumer, streamPrefix, shard }: ApplyTraceConfig): SpanAttributes {
  return {
    'messaging.system': 'redis',
    'messaging.destination.name': shardKeys(streamPrefix, shard).stream,
    'messaging.consumer.group.name': CONSUMER_GROUP,
    'messaging.client.id': consumer,
  };
}

function operation(name: string): SpanAttributes {
  return { 'messaging.operation.name': name, 'messaging.operation.type': 'process' };
}

/** Names of https://opentelemetry.io/docs/specs/semconv/database/postgresql/. Not the statement: it never varies. */
function databaseAttributes(databaseUrl: string): SpanAttributes {
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': 'INSERT',
    'db.collection.name': 'processed_events',
    'db.query.summary': 'INSERT processed_events',
    ...addressAttributes(databaseUrl),
  };
}

function addressAttributes(databaseUrl: string): SpanAttributes {
  const url = URL.parse(databaseUrl);
  if (url === null) return {}; // several hosts: the driver takes them, the standard does not
  return {
    'db.namespace': url.pathname.slice(1) || undefined,
    'server.address': url.hostname || undefined,
    'server.port': url.port === '' ? undefined : Number(url.port),
  };
}

function sqlstateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
