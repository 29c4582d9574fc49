import { createHash } from 'node:crypto';
import type { FeedPlace, FeedSnapshot } from '@oncelog/event-store';

/**
 * Places of the feed as clients see them: the IDs of server-sent events. Opaque, so that they may change.
 *
 *   0c8d21f4.2f3a-1-4                  origin, snapshot: xmax, and downwards from it the distances of the running ones
 *   0c8d21f4.2f3a-1-4.2f40.2f3e.9c1    the same, the snapshot at the step's end, and in it transaction and seq
 *
 * All numbers are hexadecimal. A distance takes a few characters, so that an ID stays short however large the numbers are.
 */
export interface EventIds {
  /** Undefined where it would be too long: hundreds of other transactions are running. */
  encode(place: FeedPlace): string | undefined;
  /** Undefined where {@link encode} did not make it, or for another database. */
  decode(id: string): FeedPlace | undefined;
}

/** All headers of a request share 16 KiB. */
const MAX_CHARACTERS = 4_096;
/** IDs below are Postgres's own. */
const FIRST_XID = 3n;
const MAX_XID = 2n ** 64n - 1n;
const MAX_SEQ = 2n ** 63n - 1n;
const HEX = /^[0-9a-f]{1,16}$/;

/** @param origin tells the database from others */
export function createEventIds(origin: string): EventIds {
  const tag = createHash('sha256').update(origin).digest('hex').slice(0, 8);

  const encode = ({ passed, within }: FeedPlace): string | undefined => {
    const parts = [tag, snapshotText(passed)];
    if (within !== undefined) {
      parts.push(snapshotText(within.until), within.xid.toString(16), within.seq.toString(16));
    }
    const id = parts.join('.');
    return id.length > MAX_CHARACTERS ? undefined : id;
  };

  return {
    encode,
    decode(id) {
      if (id.length > MAX_CHARACTERS) return undefined;
      const [origin, ...rest] = id.split('.');
      const place = origin === tag ? readPlace(rest) : undefined;
      // nothing but what we write: no other spelling of the same place
      return place !== undefined && encode(place) === id ? place : undefined;
    },
  };
}

function readPlace([passedText = '', untilText, xidText, seqText, ...more]: readonly string[]):
  | FeedPlace
  | undefined {
  const passed = readSnapshot(passedText);
  if (passed === undefined || more.length > 0) return undefined;
  if (untilText === undefined) return { passed };
  const until = readSnapshot(untilText);
  const xid = readHex(xidText, MAX_XID);
  const seq = readHex(seqText, MAX_SEQ);
  if (until === undefined || xid === undefined || seq === undefined) return undefined;
  return until.xmax >= passed.xmax && xid < until.xmax ? { passed, within: { until, xid, seq } } : undefined;
}

/** All events of a step have the same ones. */
const texts = new WeakMap<FeedSnapshot, string>();

function snapshotText(snapshot: FeedSnapshot): string {
  const text = texts.get(snapshot) ?? writeSnapshot(snapshot);
  texts.set(snapshot, text);
  return text;
}

function writeSnapshot({ xmax, running }: FeedSnapshot): string {
  let above = xmax;
  const distances = running.toReversed().map((xid) => {
    const distance = above - xid;
    above = xid;
    return `-${distance.toString(16)}`;
  });
  return `${xmax.toString(16)}${distances.join('')}`;
}

function readSnapshot(text: string): FeedSnapshot | undefined {
  const [xmaxText, ...distances] = text.split('-');
  const xmax = readHex(xmaxText, MAX_XID);
  if (xmax === undefined || xmax < FIRST_XID) return undefined;
  const running: bigint[] = [];
  let above = xmax;
  for (const distanceText of distances) {
    const distance = readHex(distanceText, MAX_XID);
    if (distance === undefined || distance === 0n || above - distance < FIRST_XID) return undefined;
    above -= distance;
    running.push(above);
  }
  return { xmax, running: running.reverse() };
}

function readHex(text: string | undefined, max: bigint): bigint | undefined {
  if (text === undefined || !HEX.test(text)) return undefined;
  const value = BigInt(`0x${text}`);
  return value <= max ? value : undefined;
}
