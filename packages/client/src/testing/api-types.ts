import * as schemas from '@oncelog/event-schema';

/** What JSON Schema says of a value, as far as ours go. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
}

/** What the client tells of the API, in the order of the file. A schema inside another one is named, not repeated. */
const NAMED: readonly (readonly [name: string, schema: Schema])[] = [
  ['Event', schemas.EventSchema],
  ['StoredEvent', schemas.StoredEventSchema],
  ['BatchReceipt', schemas.BatchReceiptSchema],
  ['TopicStats', schemas.TopicStatsSchema],
  ['Stats', schemas.StatsSchema],
  ['Health', schemas.HealthSchema],
  ['ConsumerState', schemas.ConsumerStateSchema],
  ['LiveStats', schemas.LiveStatsSchema],
  ['LiveRates', schemas.LiveRatesSchema],
  ['LiveStream', schemas.LiveStreamSchema],
  ['LiveTopic', schemas.LiveTopicSchema],
  ['LiveAudit', schemas.LiveAuditSchema],
  ['LiveStatus', schemas.LiveStatusSchema],
  ['AuditCheck', schemas.AuditCheckSchema],
  ['AuditFigures', schemas.AuditFiguresSchema],
  ['Audit', schemas.AuditSchema],
  ['DeadLetterSummary', schemas.DeadLetterSummarySchema],
  ['DeadLetter', schemas.DeadLetterSchema],
  ['DeadLetterReplayed', schemas.DeadLetterReplayedSchema],
  ['DeadLetterReplayCounts', schemas.DeadLetterReplayCountsSchema],
  ['DeadLetterDeletionCounts', schemas.DeadLetterDeletionCountsSchema],
  ['TailDropped', schemas.TailDroppedSchema],
  ['Violation', schemas.ViolationSchema],
  ['ProblemDetails', schemas.ProblemDetailsSchema],
];

const HEAD = `// Made from the schemas of @oncelog/event-schema by \`pnpm --filter @oncelog/client run types\`; a test holds it against
// them. The published package then needs nothing but itself, not even to compile.
`;

/** The text of api-types.ts: an interface for each schema, with its descriptions as comments. */
export function apiTypes(): string {
  return [HEAD, ...NAMED.map(([name, schema]) => interfaceOf(name, schema))].join('\n');
}

function interfaceOf(name: string, schema: Schema): string {
  return `${comment(schema, '')}export interface ${name} {\n${members(schema, '  ')}}\n`;
}

function members({ properties = {}, required = [] }: Schema, indent: string): string {
  return Object.entries(properties)
    .map(([key, property]) => {
      const mark = required.includes(key) ? '' : '?';
      return `${comment(property, indent)}${indent}${key}${mark}: ${typeOf(property, indent)};\n`;
    })
    .join('');
}

function comment({ description }: Schema, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description} */\n`;
}

function typeOf(schema: Schema, indent: string): string {
  const named = NAMED.find(([, other]) => other === schema);
  if (named !== undefined) return named[0];
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(' | ');
  if (typeof schema.const === 'string') return `'${schema.const}'`;
  if (schema.type === 'array') return `${typeOf(schema.items ?? {}, indent)}[]`;
  if (schema.type === 'object') return objectType(schema, indent);
  return schema.type === 'integer' ? 'number' : (schema.type ?? 'unknown');
}

function objectType(schema: Schema, indent: string): string {
  const text = members(schema, `${indent}  `);
  return text === '' ? 'Record<string, unknown>' : `{\n${text}${indent}}`;
}
