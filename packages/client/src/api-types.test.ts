import { readFileSync } from 'node:fs';
import type * as schema from '@oncelog/event-schema';
import { expect, expectTypeOf, test } from 'vitest';
import type * as own from './api-types.ts';
import { apiTypes } from './testing/api-types.ts';

test('are those of the schemas: `pnpm --filter @oncelog/client run types` makes them anew', () => {
  expect(readFileSync(new URL('api-types.ts', import.meta.url), 'utf8')).toBe(apiTypes());
});

test('say the same as what TypeBox makes of the schemas', () => {
  expectTypeOf<own.Event>().toEqualTypeOf<schema.Event>();
  expectTypeOf<own.StoredEvent>().toEqualTypeOf<schema.StoredEvent>();
  expectTypeOf<own.Stats>().toEqualTypeOf<schema.Stats>();
  expectTypeOf<own.BatchReceipt>().toEqualTypeOf<schema.BatchReceipt>();
  expectTypeOf<own.Health>().toEqualTypeOf<schema.Health>();
  expectTypeOf<own.LiveStatus>().toEqualTypeOf<schema.LiveStatus>();
  expectTypeOf<own.Audit>().toEqualTypeOf<schema.Audit>();
  expectTypeOf<own.DeadLetter>().toEqualTypeOf<schema.DeadLetter>();
  expectTypeOf<own.DeadLetterSummary>().toEqualTypeOf<schema.DeadLetterSummary>();
  expectTypeOf<own.DeadLetterReplayCounts>().toEqualTypeOf<schema.DeadLetterReplayCounts>();
  expectTypeOf<own.TailDropped>().toEqualTypeOf<schema.TailDropped>();
  expectTypeOf<own.ProblemDetails>().toEqualTypeOf<schema.ProblemDetails>();
});
