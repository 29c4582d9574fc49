import { randomUUID } from 'node:crypto';
import { parsePublishRequest } from '@oncelog/event-schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.ts';
import { event } from '../testing/gateway.ts';
import type { LineBatch } from './line-batcher.ts';
import { createLinesUpload, type LinesUploadLimits } from './lines-upload.ts';

const LIMITS = { maxEventsPerBatch: 3, maxBodyBytes: 1_024, maxNdjsonBytes: 100_000 };

const turn = async (): Promise<void> => {};

const line = (fields: Record<string, unknown> = {}): string => JSON.stringify(event(fields));

/** Takes chunks to their end. */
async function upload(chunks: readonly (string | Uint8Array)[], limits: Partial<LinesUploadLimits> = {}) {
  const batches: LineBatch[] = [];
  const keep = async (batch: LineBatch) => {
    batches.push(batch);
    return randomUUID();
  };
  const taken = createLinesUpload({ keep, turn }, { ...LIMITS, ...limits });
  let problem: Problem | undefined;
  try {
    for (const chunk of chunks) await taken.take(Buffer.from(chunk as string));
    await taken.end();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    problem = error;
  }
  await taken.settle();
  return {
    batches: batches.map(({ body, ...batch }) => ({ ...batch, body: body.toString() })),
    problem,
    kept: taken.kept(),
  };
}

it('makes batches of the very bytes, and names their lines', async () => {
  const lines = [`${line()} `, '', ` ${line({ topic: 'ü' })}`, '\t', line(), line()];
  const { batches, kept } = await upload([lines.join('\r\n')]);
  expect(batches).toEqual([
    {
      index: 0,
      events: 3,
      firstLine: 1,
      lastLine: 5,
      body: `{"events":[${lines[0]},${lines[2]},${lines[4]}]}`,
    },
    { index: 1, events: 1, firstLine: 6, lastLine: 6, body: `{"events":[${lines[5]}]}` },
  ]);
  expect(kept).toMatchObject({
    queued: 4,
    lines: 6,
    batches: 2,
    batch_ids: [expect.any(String), expect.any(String)],
  });
});

it('makes batches that are taken as bodies, of the same bytes however they come', async () => {
  const anyLine = fc.oneof(
    fc
      .string({ unit: 'binary', maxLength: 100 })
      .map((text) => line({ event_id: '1', payload: { text: text.replaceAll('\0', '') } })),
    fc.constantFrom('', ' ', '\r'),
    fc
      .constantFrom(0, 40_000, 100_000)
      .map((digits) => line({ event_id: '2', payload: { a: 'X' } }).replace('"X"', `1e${digits}`)),
  );
  const anyCuts = fc.array(fc.nat({ max: 8_000 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine, { maxLength: 20 }), anyCuts, async (lines, cuts) => {
      const whole = Buffer.from(lines.join('\n'));
      const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort((a, b) => a - b);
      const chunks = ends.map((end, at) => whole.subarray(at === 0 ? 0 : ends[at - 1], end));
      const { batches, kept } = await upload(chunks);
      expect(batches).toEqual((await upload([whole])).batches);
      for (const { body, events } of batches) {
        const parsed = parsePublishRequest(Buffer.from(body), { maxEvents: LIMITS.maxEventsPerBatch });
        expect(parsed).toMatchObject({ outcome: 'valid', request: { events: { length: events } } });
        expect(body.length).toBeLessThanOrEqual(LIMITS.maxBodyBytes);
      }
      expect(kept.queued).toBe(lines.filter((text) => text.trim() !== '').length);
    }),
    { numRuns: 300 },
  );
});

describe('the first line at fault ends it: complete batches are kept, nothing of its own', () => {
  const good = Array.from({ length: 4 }, () => line());
  const longest = (bytes: number) => line({ payload: { a: 'x'.repeat(bytes) } });

  it.each<[string, string, string, string]>([
    ['no JSON', '{"topic":', 'malformed-json', '/lines/5'],
    ['two events', `${line()}${line()}`, 'malformed-json', '/lines/5'],
    ['a byte of value 0', `${line()}\0`, 'malformed-json', '/lines/5'],
    ['a missing field', line({ topic: undefined }), 'invalid-batch', '/lines/5/topic'],
    ['a bad date', line({ timestamp: '2026-02-30T00:00:00Z' }), 'invalid-batch', '/lines/5/timestamp'],
    ['no object', '[]', 'invalid-batch', '/lines/5'],
    ['too many bytes', longest(1_000), 'body-too-large', '/lines/5'],
  ])('%s', async (_, bad, code, pointer) => {
    const { problem, kept, batches } = await upload([[...good, bad, line()].join('\n')]);
    expect(problem?.code).toBe(code);
    expect(problem?.options.errors?.map((violation) => violation.pointer)).toContain(pointer);
    expect(kept).toMatchObject({ queued: 3, lines: 3, batches: 1 });
    expect(batches).toHaveLength(1);
  });

  it('too many bytes in all', async () => {
    const { problem, kept } = await upload(
      good.map((text) => `${text}\n`),
      {
        maxNdjsonBytes: good.slice(0, 3).join('\n').length + 2,
      },
    );
    expect(problem?.code).toBe('body-too-large');
    expect(kept).toMatchObject({ queued: 3, lines: 3 });
  });
});

it.each([
  ['nothing', ''],
  ['empty lines', '\n \r\n\t\n'],
])('refuses %s', async (_, body) => {
  const { problem } = await upload([body]);
  expect(problem?.code).toBe('invalid-batch');
  expect(problem?.options.errors).toMatchObject([{ pointer: '/lines', rule: 'min-items' }]);
});

it('starts no batch before the one before is kept, and none when it could not be kept', async () => {
  const started: number[] = [];
  const { promise: first, reject } = Promise.withResolvers<string>();
  const keep = ({ index }: LineBatch) => {
    started.push(index);
    return first;
  };
  const taken = createLinesUpload({ keep, turn }, { ...LIMITS, maxEventsPerBatch: 1 });
  await taken.take(Buffer.from(`${line()}\n`));
  const second = taken.take(Buffer.from(`${line()}\n`));
  expect(started).toEqual([0]);
  const problem = new Problem('backlog-full', { detail: 'Too far behind.' });
  reject(problem);
  await expect(second).rejects.toBe(problem);
  await expect(taken.settle()).rejects.toBe(problem);
  expect(started).toEqual([0]);
  expect(taken.kept()).toEqual({ queued: 0, lines: 0, batches: 0, batch_ids: [] });
});

it('names no more batches than an answer may have, the last ones', async () => {
  const lines = Array.from({ length: 1_003 }, () => line());
  const { kept } = await upload([lines.join('\n')], { maxEventsPerBatch: 1, maxNdjsonBytes: 1e7 });
  expect(kept).toMatchObject({ queued: 1_003, batches: 1_003, lines: 1_003 });
  expect(kept.batch_ids).toHaveLength(1_000);
});
