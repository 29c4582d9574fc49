import { describe, expect, it, vi } from 'vitest';
import { createPart } from './part.ts';

const LONG = 60_000;

/** A source that answers when it is told to. */
function source() {
  const questions: PromiseWithResolvers<number>[] = [];
  const ask = () => {
    const question = Promise.withResolvers<number>();
    questions.push(question);
    return question.promise;
  };
  return { questions, ask };
}

describe('createPart', () => {
  it('asks anew each time, and says when', async () => {
    let n = 0;
    const part = createPart(async () => ++n, { holdMs: LONG, restFactor: 0 });
    const first = await part.read(LONG);
    const second = await part.read(LONG);
    expect([first?.value, second?.value]).toEqual([1, 2]);
    expect(second?.atMs).toBeGreaterThanOrEqual(first?.atMs ?? Number.NaN);
  });

  it('has one question under way at most, and holds the last answer meanwhile', async () => {
    const { questions, ask } = source();
    const part = createPart(ask, { holdMs: LONG, restFactor: 0 });
    expect(await part.read(1)).toBeUndefined();
    expect(await part.read(1)).toBeUndefined();
    expect(questions).toHaveLength(1);
    questions[0]?.resolve(7);
    const held = await part.read(1);
    expect(held?.value).toBe(7);
    expect(await part.read(1)).toBe(held);
    expect(questions).toHaveLength(2);
    questions[1]?.resolve(8);
    expect((await part.read(1))?.value).toBe(8);
  });

  it('forgets an answer that is too old, and one whose successor failed', async () => {
    const { questions, ask } = source();
    const old = createPart(ask, { holdMs: 0, restFactor: 0 });
    const reading = old.read(LONG);
    questions[0]?.resolve(7);
    await reading;
    expect(await old.read(5)).toBeUndefined();

    const failing = vi
      .fn()
      .mockResolvedValueOnce(7)
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue(8);
    const part = createPart<number>(failing, { holdMs: LONG, restFactor: 0 });
    expect((await part.read(LONG))?.value).toBe(7);
    expect(await part.read(LONG)).toBeUndefined();
    expect((await part.read(LONG))?.value).toBe(8);
  });

  it('rests when two answers have taken long, and the answer is good all the while', async () => {
    let questions = 0;
    const slow = async () => {
      questions += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return questions;
    };
    const part = createPart(slow, { holdMs: 0, restFactor: 1_000_000 });
    await part.read(LONG);
    const second = await part.read(LONG);
    expect(second?.value).toBe(2); // one slow moment is none
    expect(await part.read(LONG)).toBe(second);
    expect(questions).toBe(2);
  });
});
