import { describe, expect, it } from 'vitest';
import { createRing, type Ring, type RingReader } from './ring.ts';

const reader = (filter = 0, takesAll = true): RingReader => ({ filter, takesAll, index: 0, lost: undefined });
const event = (n: number, filters = [0]) => ({ id: `i${n}`, json: `{"n":${n}}`, filters });

/** All that a reader takes until there is nothing more. */
function taken(ring: Ring, by: RingReader): string[] {
  const messages: string[] = [];
  for (let chunk = ring.take(by); chunk !== undefined; chunk = ring.take(by)) {
    messages.push(...new TextDecoder().decode(chunk).split('\n\n').slice(0, -1));
  }
  return messages;
}
const dropped = (id: string, events: number | null, reason = 'slow-reader') =>
  `event: dropped\nid: ${id}\ndata: {"events":${events},"reason":"${reason}"}`;
const text = (n: number) => `id: i${n}\ndata: {"n":${n}}`;

describe('ring', () => {
  it('gives each reader what its filter takes, once, at its own pace', () => {
    const ring = createRing({ maxEntries: 10, maxBytes: 1e6 });
    const [all, some] = [reader(), reader(1, false)];
    ring.enter(all);
    ring.enter(some);
    for (const n of [0, 1, 2, 3]) ring.append(event(n, n % 2 === 0 ? [0] : [0, 1]));
    expect(taken(ring, all)).toEqual([0, 1, 2, 3].map(text));
    expect(taken(ring, some)).toEqual([1, 3].map(text));
    ring.append(event(4));
    expect(taken(ring, some)).toEqual([]);
    ring.append(event(5, [1]));
    expect(taken(ring, all)).toEqual([text(4)]);
    expect(taken(ring, some)).toEqual([text(5)]);
  });

  it('shares what is rendered among readers with the same filter', () => {
    const ring = createRing({ maxEntries: 10, maxBytes: 1e6 });
    ring.append(event(0));
    const [one, other] = [ring.take(reader()), ring.take(reader())];
    expect(one).toBe(other);
    ring.append(event(1));
    expect(taken(ring, reader())).toEqual([0, 1].map(text));
  });

  it('tells a reader that has fallen off how many of its events it has lost, and goes on with the oldest', () => {
    let lost = 0;
    const onLost = () => {
      lost += 1;
    };
    const ring = createRing({ maxEntries: 3, maxBytes: 1e6, onLost });
    const [all, some, quick] = [reader(), reader(1, false), reader()];
    for (const one of [all, some, quick]) ring.enter(one);
    for (let n = 0; n < 8; n += 1) {
      ring.append(event(n, n % 2 === 0 ? [0] : [0, 1]));
      expect(taken(ring, quick)).toEqual([text(n)]);
    }
    expect(taken(ring, all)).toEqual([dropped('i4', 5), ...[5, 6, 7].map(text)]);
    expect(taken(ring, some)).toEqual([dropped('i4', 2), ...[5, 7].map(text)]);
    expect(lost).toBe(2);
    ring.append(event(8, [0, 1]));
    expect(taken(ring, some)).toEqual([text(8)]);
  });

  it('says nothing of what it has lost where its filter takes none of it', () => {
    const ring = createRing({ maxEntries: 1, maxBytes: 1e6 });
    const some = reader(1, false);
    ring.enter(some);
    for (let n = 0; n < 5; n += 1) ring.append(event(n));
    ring.append(event(5, [1]));
    expect(taken(ring, some)).toEqual([text(5)]);
  });

  it('is bounded in bytes, but keeps the newest', () => {
    const ring = createRing({ maxEntries: 1_000, maxBytes: 100 });
    const one = reader();
    ring.enter(one);
    for (let n = 0; n < 10; n += 1) ring.append(event(n));
    expect(ring.end - ring.start).toBe(4);
    ring.append({ ...event(10), json: 'x'.repeat(1_000) });
    expect(ring.end - ring.start).toBe(1);
    expect(taken(ring, one)[0]).toBe(dropped('i9', 10));
  });

  it('tells of what was left out for all, with its number only to those who want everything', () => {
    const ring = createRing({ maxEntries: 2, maxBytes: 1e6 });
    const [all, some] = [reader(), reader(1, false)];
    for (const one of [all, some]) ring.enter(one);
    ring.append({ id: 'p', dropped: { events: 7, reason: 'rate' } });
    ring.append(event(1, [0, 1]));
    const late = [{ ...all }, { ...some }] as const;
    expect(taken(ring, all)).toEqual([dropped('p', 7, 'rate'), text(1)]);
    expect(taken(ring, some)).toEqual([dropped('p', null, 'rate'), text(1)]);
    // a reader that loses the notice is told all the same
    for (const one of late) ring.enter(one);
    ring.append(event(2, [0, 1]));
    expect(taken(ring, late[0])[0]).toBe(dropped('p', 7));
    expect(taken(ring, late[1])[0]).toBe(dropped('p', null));
  });

  it('hands out what is much in pieces', () => {
    const ring = createRing({ maxEntries: 100, maxBytes: 1e7 });
    for (let n = 0; n < 10; n += 1) ring.append({ ...event(n), json: 'x'.repeat(30_000) });
    const one = reader();
    const sizes: number[] = [];
    for (let chunk = ring.take(one); chunk !== undefined; chunk = ring.take(one)) sizes.push(chunk.length);
    expect(sizes).toHaveLength(4);
  });

  it('forgets, and goes on counting', () => {
    const ring = createRing({ maxEntries: 4, maxBytes: 1e6 });
    for (let n = 0; n < 50; n += 1) ring.append(event(n));
    ring.clear();
    expect([ring.start, ring.end]).toEqual([50, 50]);
    ring.append(event(50));
    expect(taken(ring, { ...reader(), index: 50 })).toEqual([text(50)]);
  });

  it('writes an event without an ID where its place has none', () => {
    const ring = createRing({ maxEntries: 4, maxBytes: 1e6 });
    ring.append({ ...event(0), id: undefined });
    expect(taken(ring, reader())).toEqual(['data: {"n":0}']);
  });
});
