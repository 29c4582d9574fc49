import { describe, expect, it } from 'vitest';
import { feedSnapshot, isFromElsewhere, isOutOfReach, pgSnapshotText } from './feed-place.ts';

describe('feedSnapshot', () => {
  it('ends at the newest batch: IDs beyond it may be given out again after a crash', () => {
    expect(feedSnapshot('10:20:10,12,19', 15n)).toEqual({ xmax: 16n, running: [10n, 12n] });
    expect(feedSnapshot('20:20:', 15n)).toEqual({ xmax: 16n, running: [] });
  });

  it('holds nothing where there is no batch', () => {
    expect(feedSnapshot('10:20:10', 0n)).toEqual({ xmax: 3n, running: [] });
  });

  it('is written as Postgres reads it', () => {
    expect(pgSnapshotText(feedSnapshot('10:20:10,12,19', 15n))).toBe('10:16:10,12');
    expect(pgSnapshotText(feedSnapshot('20:20:', 15n))).toBe('16:16:');
  });
});

describe('a place', () => {
  const passed = { xmax: 20n, running: [12n] };
  const within = { until: { xmax: 30n, running: [22n] }, xid: 25n, seq: 1n };

  it('is from elsewhere where it knows transactions that the database does not', () => {
    expect(isFromElsewhere({ passed }, 20n)).toBe(false);
    expect(isFromElsewhere({ passed }, 19n)).toBe(true);
    expect(isFromElsewhere({ passed, within }, 29n)).toBe(true);
  });

  it('is out of reach where a batch behind it may have been pruned', () => {
    expect(isOutOfReach({ passed }, undefined)).toBe(false);
    expect(isOutOfReach({ passed }, 11n)).toBe(false);
    expect(isOutOfReach({ passed }, 12n)).toBe(true);
    expect(isOutOfReach({ passed: { xmax: 20n, running: [] } }, 19n)).toBe(false);
    expect(isOutOfReach({ passed: { xmax: 20n, running: [] } }, 20n)).toBe(true);
    const step = { passed: { xmax: 20n, running: [] }, within };
    expect(isOutOfReach(step, 21n)).toBe(false); // passed in this step
    expect(isOutOfReach(step, 22n)).toBe(true); // was still running at the step's end
    expect(isOutOfReach(step, 26n)).toBe(true);
  });
});
