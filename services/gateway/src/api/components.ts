import * as published from '@oncelog/event-schema';
import { Kind, type TSchema } from '@sinclair/typebox';
import { definitionOf, type JsonSchema, jsonSchemaOf } from './json-schema.ts';

/** The schemas of one document that have names, and which of them it refers to. */
export interface Components {
  /** A reference to a schema with a name; one without is written out. */
  refer(schema: TSchema): JsonSchema;
  /** A schema written out, whatever its name. */
  plain(schema: TSchema): JsonSchema;
  /** What was referred to until now, by name. */
  definitions(): Record<string, JsonSchema>;
}

/** What event-schema publishes as `XSchema` is the component `X` where something refers to it. */
export function createComponents(): Components {
  const names = new Map<object, string>();
  for (const [name, value] of Object.entries(published)) {
    if (typeof value === 'object' && Kind in value) names.set(value, name.replace(/Schema$/, ''));
  }
  const used = new Map<string, TSchema>();
  const nameOf = (schema: object): string | undefined => {
    const name = names.get(schema);
    if (name !== undefined) used.set(name, schema as TSchema);
    return name;
  };
  const plain = (schema: TSchema): JsonSchema => definitionOf(schema, nameOf);

  return {
    refer: (schema) => jsonSchemaOf(schema, nameOf),
    plain,
    definitions() {
      const found: [string, JsonSchema][] = [];
      // writing one out may bring others: a map that grows while it is walked is walked to its new end
      for (const [name, schema] of used) found.push([name, plain(schema)]);
      return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}
