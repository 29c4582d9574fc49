import type { FeedPlace } from '@oncelog/event-store';
import { describe, expect, it } from 'vitest';
import { createEventIds } from './event-id.ts';

const ids = createEventIds('7431 16384');
const MAX = 2n ** 64n - 1n;

const PLACES: FeedPlace[] = [
  { passed: { xmax: 3n, running: [] } },
  { passed: { xmax: 0x2f3an, running: [0x2f30n, 0x2f39n] } },
  { passed: { xmax: MAX, running: [3n, 4n, MAX - 1n] } },
  {
    passed: { xmax: 0x2f3an, running: [] },
    within: { until: { xmax: 0x2f40n, running: [0x2f3fn] }, xid: 0x2f3en, seq: 2n ** 63n - 1n },
  },
  {
    passed: { xmax: 20n, running: [5n] },
    within: { until: { xmax: 20n, running: [] }, xid: 5n, seq: 1n },
  },
];

describe('event IDs', () => {
  it.each(PLACES)('are read as they were written: %#', (place) => {
    const id = ids.encode(place) ?? '';
    expect(id).toMatch(/^[0-9a-f]{8}(\.[0-9a-f-]+)+$/);
    expect(ids.decode(id)).toEqual(place);
  });

  it('stay short', () => {
    const running = Array.from({ length: 50 }, (_, i) => 10n ** 12n + BigInt(i * 20));
    const snapshot = { xmax: 10n ** 12n + 1_000n, running };
    const place = {
      passed: snapshot,
      within: { until: snapshot, xid: running[3] as bigint, seq: 10n ** 12n },
    };
    expect(ids.encode(place)?.length).toBeLessThan(400);
  });

  it('are left out where they would be too long for a header', () => {
    const running = Array.from({ length: 3_000 }, (_, i) => BigInt(3 + i));
    expect(ids.encode({ passed: { xmax: 10_000n, running } })).toBeUndefined();
  });

  const [, plain = '', , middle = ''] = PLACES.map((place) => ids.encode(place));
  const tag = plain.slice(0, 9);
  it.each([
    '',
    '1',
    tag,
    `${tag}0`,
    `${tag}2`,
    `${tag}g`,
    `${tag}02f3a`,
    `${tag}2F3A`,
    `${tag}2f3a-`,
    `${tag}2f3a-0`,
    `${tag}2f3a-2f38`,
    `${tag}10000000000000000`,
    `${plain}.`,
    `${plain}.2f3b`,
    `${plain}.2f3b.1`,
    `${middle}.1`,
    `${middle} `,
    ` ${middle}`,
    `${tag}2f3a.2f39.5.1`, // ends before it begins
    `${tag}2f3a.2f3b.2f3b.1`, // behind its end
    `${tag}2f3a.2f3b.2f3a.8000000000000000`,
    `${tag}${'2f3a-1'.padEnd(5_000, '-1')}`,
    createEventIds('another').encode(PLACES[0] as FeedPlace) ?? '',
    '00000000.3',
    'é'.repeat(20),
  ])('are refused where nobody wrote them: %.40s', (id) => {
    expect(ids.decode(id)).toBeUndefined();
  });

  it('never throw for any text', () => {
    let seed = 1;
    const random = (n: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % n;
    };
    const alphabet = '0123456789abcdef.-g';
    for (let i = 0; i < 20_000; i += 1) {
      const text = Array.from(middle, (c) => (random(8) === 0 ? alphabet[random(alphabet.length)] : c)).join(
        '',
      );
      const place = ids.decode(text);
      if (place !== undefined) expect(ids.encode(place)).toBe(text);
    }
  });
});
