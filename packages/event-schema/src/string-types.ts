import { Kind, type TUnsafe, Type, TypeRegistry } from '@sinclair/typebox';
import { MAX_NAME_CHARACTERS } from './limits.ts';
import { isTimestamp } from './timestamp.ts';

// Kinds that TypeBox does not have. Each one still reads as plain JSON Schema when it is serialised.
export const NAME_KIND = 'oncelog:Name';
const TIMESTAMP_KIND = 'oncelog:Timestamp';
const UUID_KIND = 'oncelog:Uuid';

/** JSON Schema counts code points; TypeBox's own String counts UTF-16 units and would refuse 128 emoji. */
TypeRegistry.Set(NAME_KIND, (_schema, value) => typeof value === 'string' && nameFault(value) === undefined);
TypeRegistry.Set(TIMESTAMP_KIND, (_schema, value) => typeof value === 'string' && isTimestamp(value));
TypeRegistry.Set(UUID_KIND, (_schema, value) => typeof value === 'string' && isUuid(value));

/** A string of 1 to MAX_NAME_CHARACTERS characters. */
export function NameType(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    [Kind]: NAME_KIND,
    type: 'string',
    minLength: 1,
    maxLength: MAX_NAME_CHARACTERS,
    description,
  });
}

/** An RFC 3339 date-time as `isTimestamp` defines it. */
export function TimestampType(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ [Kind]: TIMESTAMP_KIND, type: 'string', format: 'date-time', description });
}

/** A UUID in any case. */
export function UuidType(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ [Kind]: UUID_KIND, type: 'string', format: 'uuid', description });
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** Which limit a name breaks, if any. */
export function nameFault(name: string): 'min-length' | 'max-length' | undefined {
  if (name.length === 0) return 'min-length';
  if (name.length <= MAX_NAME_CHARACTERS) return undefined;
  // Two UTF-16 units a character at most: what is longer need not be counted.
  if (name.length > 2 * MAX_NAME_CHARACTERS) return 'max-length';
  return [...name].length > MAX_NAME_CHARACTERS ? 'max-length' : undefined;
}

/** Why Postgres cannot hold a text, if it cannot. */
export function textFault(text: string): 'nul-character' | 'lone-surrogate' | undefined {
  if (text.includes('\0')) return 'nul-character';
  return text.isWellFormed() ? undefined : 'lone-surrogate';
}
