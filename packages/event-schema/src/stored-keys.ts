import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import { MAX_NAME_CHARACTERS } from './limits.ts';
import { ScopeSchema } from './session.ts';
import { isTimestamp } from './timestamp.ts';

/** One element of API_KEYS and of the file. A field that is mistyped must not become a key without that limit. */
const StoredKeySchema = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9]{12}$' }),
    hash: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
    scopes: Type.Array(ScopeSchema, { minItems: 1, uniqueItems: true }),
    topics: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: MAX_NAME_CHARACTERS }), { minItems: 1 }),
    ),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    created_at: Type.Optional(Type.String()),
    expires_at: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type StoredKey = Static<typeof StoredKeySchema>;

const validator = TypeCompiler.Compile(Type.Array(StoredKeySchema));

export type ParsedStoredKeys =
  | { readonly outcome: 'valid'; readonly keys: readonly StoredKey[] }
  /** In words that repeat nothing of the text: somebody may have put the key where its hash belongs. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/** Reads the gateway's API keys from their JSON text. All problems at once; one that is wrong makes the whole text wrong. Pure. */
export function parseStoredKeys(text: string): ParsedStoredKeys {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { outcome: 'invalid', problems: ['it is not JSON'] };
  }
  if (!validator.Check(document)) return { outcome: 'invalid', problems: schemaProblems(document) };
  const problems = document.flatMap((key, at) => problemsOf(key, at, document));
  return problems.length > 0 ? { outcome: 'invalid', problems } : { outcome: 'valid', keys: document };
}

function schemaProblems(document: unknown): string[] {
  const byPath = new Map<string, string>();
  for (const { path, message } of validator.Errors(document))
    if (!byPath.has(path)) byPath.set(path, message);
  return [...byPath].map(([path, message]) => `${path || 'the whole'}: ${message}`);
}

function problemsOf({ id, scopes, topics, expires_at }: StoredKey, at: number, all: StoredKey[]): string[] {
  const problems: string[] = [];
  if (all.findIndex((other) => other.id === id) < at) problems.push(`/${at}/id: another key has it`);
  if (topics !== undefined && scopes.includes('admin')) {
    problems.push(`/${at}/topics: a key with the scope admin cannot be limited to topics`);
  }
  // a leap second is a timestamp, but none that can be compared
  if (expires_at !== undefined && !(isTimestamp(expires_at) && Number.isFinite(Date.parse(expires_at)))) {
    problems.push(`/${at}/expires_at: it must be a time such as 2026-01-31T12:00:00Z`);
  }
  return problems;
}
