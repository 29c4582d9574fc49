import type { TSchema } from '@sinclair/typebox';

/** JSON Schema as it is written, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The name of a schema that is described once and referred to. */
export type NameOf = (schema: object) => string | undefined;

/**
 * A TypeBox schema as plain JSON Schema, with references in the place of the named schemas in it. What TypeBox writes as
 * a union of constants is an enumeration, and a union with null a list of types: the same, but easier to read.
 */
export function jsonSchemaOf(schema: TSchema, nameOf: NameOf): JsonSchema {
  return nodeOf(schema, nameOf) as JsonSchema;
}

/** As {@link jsonSchemaOf}, of a schema that has a name itself. */
export function definitionOf(schema: TSchema, nameOf: NameOf): JsonSchema {
  return jsonSchemaOf(schema, (of) => (of === schema ? undefined : nameOf(of)));
}

const referenceTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

function nodeOf(node: unknown, nameOf: NameOf): unknown {
  if (Array.isArray(node)) return node.map((item) => nodeOf(item, nameOf));
  if (typeof node !== 'object' || node === null) return node;
  const name = nameOf(node);
  if (name !== undefined) return referenceTo(name);
  const entries = Object.entries(node).map(([key, value]) => [key, nodeOf(value, nameOf)] as const);
  return simplified(Object.fromEntries(entries));
}

function simplified(schema: Record<string, unknown>): Record<string, unknown> {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const members = anyOf as JsonSchema[];
  if (members.every((member) => 'const' in member)) {
    const [first] = members;
    return { type: first?.['type'], enum: members.map((member) => member['const']), ...rest };
  }
  const [other, nothing] = members;
  if (members.length === 2 && nothing?.['type'] === 'null' && typeof other?.['type'] === 'string')
    return { ...other, type: [other['type'], 'null'], ...rest };
  return schema;
}
