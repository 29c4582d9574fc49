import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keysOf, newKey } from '../testing/api-keys.ts';
import { createKeyRing } from './key-ring.ts';

const key = newKey();
const other = newKey();
const [, id = '', secret = ''] = /^olk_([^_]+)_(.+)$/.exec(key.text) ?? [];

describe('a key', () => {
  const ring = createKeyRing(keysOf(key, other));

  it('is known by its secret', () => {
    expect(ring.verify(key.text)).toMatchObject({ outcome: 'known', key: { id } });
    expect(ring.verify(key.text.replace(id, other.text.slice(4, 16)))).toMatchObject({
      outcome: 'wrong-secret',
    });
    expect(ring.verify(newKey().text)).toMatchObject({ outcome: 'unknown' });
  });

  it.each([
    '',
    'olk_',
    `olk_${id}`,
    `olk_${id}_`,
    `olk_${id}_${secret}x`,
    `olk_${id}_${secret.slice(1)}`,
    ` ${key.text}`,
    `${key.text}\n`,
    `${key.text}, ${key.text}`,
    key.text.toUpperCase(),
    `olk___proto____${secret}`,
    'x'.repeat(100_000),
  ])('is not %.60j', (text) => {
    expect(ring.verify(text)).toEqual({ outcome: 'malformed' });
  });

  it('is unknown when it was taken away', () => {
    const changing = createKeyRing(keysOf(key));
    changing.replace(keysOf(other));
    expect(changing.verify(key.text)).toMatchObject({ outcome: 'unknown' });
    expect(changing.verify(other.text)).toMatchObject({ outcome: 'known' });
  });
});

describe('the time that a comparison takes', () => {
  /** What is done to look at a text: the lengths of what is hashed and compared, and how often. */
  function workFor(text: string): string[] {
    const work: string[] = [];
    const ring = createKeyRing(keysOf(key, other), {
      digest: (given) => {
        work.push(`digest ${given.length}`);
        return hash('sha256', given, 'buffer');
      },
      equal: (a, b) => {
        work.push(`equal ${a.length} ${b.length}`);
        return timingSafeEqual(a, b);
      },
    });
    ring.verify(text);
    return work;
  }

  it('does not depend on how much of the secret is right, nor on whether there is such a key', () => {
    const right = ['digest 43', 'equal 32 32'];
    const wrong = randomBytes(32).toString('base64url');
    for (let same = 0; same <= secret.length; same++) {
      expect(workFor(`olk_${id}_${secret.slice(0, same)}${wrong.slice(same)}`), String(same)).toEqual(right);
    }
    expect(workFor(newKey().text)).toEqual(right);
  });

  it('is that of comparing hashes: what is nearly right is compared as what is quite wrong', () => {
    const bits = (a: Buffer, b: Buffer): number =>
      a.reduce((sum, byte, at) => sum + (byte ^ (b[at] ?? 0)).toString(2).replaceAll('0', '').length, 0);
    const compared: number[] = [];
    const ring = createKeyRing(keysOf(key), {
      digest: (given) => hash('sha256', given, 'buffer'),
      equal: (a, b) => {
        compared.push(bits(a, b));
        return timingSafeEqual(a, b);
      },
    });
    // one character is another one, at each place: half of the 256 bits differ all the same, give or take six deviations
    for (let at = 0; at < secret.length - 1; at++) {
      const changed = secret[at] === 'A' ? 'B' : 'A';
      ring.verify(`olk_${id}_${secret.slice(0, at)}${changed}${secret.slice(at + 1)}`);
    }
    expect(compared).toHaveLength(secret.length - 1);
    for (const differing of compared) {
      expect(differing).toBeGreaterThan(128 - 48);
      expect(differing).toBeLessThan(128 + 48);
    }
  });
});
