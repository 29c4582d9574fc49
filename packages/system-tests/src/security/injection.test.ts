import { existsSync } from 'node:fs';
import type { StoredEvent } from '@oncelog/event-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectNode } from '../testing/openapi-document.ts';
import { event } from '../testing/system.ts';
import { type GuardedSystem, openGuardedSystem } from './guarded-system.ts';
import { EVERY_PAYLOAD } from './payloads.ts';
import { type Place, placesOf } from './places.ts';

// What attackers write, in every place of every operation of /openapi.json: each answer is one that is documented.

let system: GuardedSystem;
let document: ObjectNode;
beforeAll(async () => {
  system = await openGuardedSystem();
  document = (await (await system.get('/openapi.json')).json()) as ObjectNode;
});
afterAll(() => system?.close());

/** What a refusal must not tell: where our files are, what our statements are, what went wrong in them. */
const INTERNALS =
  /node_modules|\/dist\/|\.[jt]s:\d+|\bat \S+ \(|PostgresError|SQLSTATE|syntax error|SELECT .* FROM/;
/** The one cookie that somebody who has signed in nowhere is given. */
const SIGNS_OUT = /^oncelog_session=; [\w=:,; /-]+$/;
/** None hangs. Generous, for a machine that runs other tests. */
const ANSWERED_WITHIN_MS = 20_000;
/** fetch sends no others: see hostile.test.ts for those. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Each with a Content-Encoding reserves as much as a body may have: more would be refused, 503. */
const SIDE_BY_SIDE = 8;

/** What is wrong with the answer to a text in a place; undefined where nothing is. */
async function faultOf({ name, method, fill }: Place, text: string): Promise<string | undefined> {
  const { path, headers, body } = fill(text);
  if (!Object.values(headers).every((value) => SENDABLE.test(value))) return undefined;
  const fault = (what: string) => `${name} = ${JSON.stringify(text)}: ${what}`;
  try {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    const init: RequestInit = {
      headers,
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    };
    const response = await system.request(method, path, init); // throws where the answer is not documented
    const wrong = wrongHead(response, name);
    if (wrong !== undefined) return fault(wrong);
    if (isOf(response, 'text/event-stream')) return void (await response.body?.cancel());
    const answer = await response.text();
    if (isOf(response, 'text/html'))
      return answer === (await pageAt(path)) ? undefined : fault('another page');
    const told = response.status >= 400 ? INTERNALS.exec(answer.replaceAll(text, '')) : null;
    return told === null ? undefined : fault(`it tells of ${told[0]}`);
  } catch (error) {
    return fault(String(error));
  }
}

function wrongHead({ status, headers }: Response, place: string): string | undefined {
  if (status >= 500) return `status ${status}`;
  const cookies = headers.getSetCookie();
  const wrong = place.startsWith('DELETE /session ')
    ? cookies.filter((cookie) => !SIGNS_OUT.test(cookie))
    : cookies;
  return wrong[0] ?? [...headers.keys()].find((name) => /injected/.test(name));
}

const isOf = ({ headers }: Response, type: string) => headers.get('content-type')?.startsWith(type) === true;

/** Pages are the same for everyone, whatever they ask with. */
const pages = new Map<string, Promise<string>>();
function pageAt(path: string): Promise<string> {
  const [bare = ''] = path.split('?');
  const page =
    pages.get(bare) ??
    system.request('GET', bare, { headers: { accept: 'text/html' } }).then((of) => of.text());
  pages.set(bare, page);
  return page;
}

/** What a place is tried with, in turn: a fifth of all, or a few where the operation does not describe it. */
function payloadsFor({ isDescribed }: Place, at: number): string[] {
  const step = isDescribed ? 5 : 24;
  return EVERY_PAYLOAD.filter((_, index) => index % step === at % step);
}

async function faultsOf(place: Place, payloads: readonly string[]): Promise<string[]> {
  const faults: string[] = [];
  for (let at = 0; at < payloads.length; at += SIDE_BY_SIDE) {
    const found = await Promise.all(
      payloads.slice(at, at + SIDE_BY_SIDE).map((text) => faultOf(place, text)),
    );
    faults.push(...found.filter((fault) => fault !== undefined));
  }
  return faults;
}

it('in every place of every operation it is text, and answered as documented', async () => {
  const places = placesOf(document);
  expect(places.length).toBeGreaterThan(300);
  const faults: string[] = [];
  for (const [at, place] of places.entries()) faults.push(...(await faultsOf(place, payloadsFor(place, at))));
  expect(faults.slice(0, 20)).toEqual([]);
  await system.unharmed();
  expect(existsSync('/tmp/injected')).toBe(false);
}, 240_000);

describe('what is stored', () => {
  const isName = (text: string) =>
    text !== '' && [...text].length <= 255 && text.isWellFormed() && !text.includes('\0');
  const names = EVERY_PAYLOAD.filter(isName);

  it('is what was sent, character by character, and is found by it', async () => {
    const sent = names.map((text, at) =>
      event({
        topic: text,
        event_id: text,
        source: text,
        payload: Object.fromEntries([
          [text, text],
          ['at', at],
        ]),
      }),
    );
    await system.publish(...sent);
    await system.unharmed();
    for (const one of sent) {
      const { topic, event_id, source, payload } = one as unknown as StoredEvent;
      // all filters at once would be longer than a request target may be, for the longest names
      const filters = { topic, event_id, contains: JSON.stringify(payload) };
      const found = await system.events(`?${new URLSearchParams(filters)}`);
      expect(found, topic).toHaveLength(1);
      expect(await system.events(`?${new URLSearchParams({ topic, source })}`)).toEqual(found);
      expect(found[0]).toMatchObject({ topic, event_id, source });
      expect(Object.entries(found[0]?.payload ?? {}).sort()).toEqual(Object.entries(payload).sort());
    }
  }, 120_000);

  it('is no pattern, and finds nothing else', async () => {
    const before = await system.unharmed();
    for (const text of ['%', '_', '.*', '*', "' OR '1'='1", 'x%']) {
      const search = `?${new URLSearchParams({ topic: `${text}?`, source: text })}`;
      expect(await system.events(search)).toEqual([]);
    }
    expect(await system.unharmed()).toMatchObject({ unique_processed: before.unique_processed });
  });
});
