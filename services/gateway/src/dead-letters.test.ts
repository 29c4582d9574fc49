import type {
  DeadLetter,
  DeadLetterReplayCounts,
  DeadLetterReplayed,
  DeadLetterSummary,
  ProblemDetails,
} from '@oncelog/event-schema';
import { applyBatches, type DeadEvent } from '@oncelog/event-store';
import { storeBatch } from '@oncelog/event-store/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { event, openTestGateway, type TestGateway } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  await gateway.test.sql`TRUNCATE applied_batches, event_stats, stream_accounts`;
  await gateway.test.sql`TRUNCATE dead_letters RESTART IDENTITY`;
  await gateway.redis.del([gateway.key, `${gateway.key}:totals`]);
});

const text = (fields: Record<string, unknown> = {}) => JSON.stringify(event(fields));
/** Buries events in a batch of their own; texts are originals, the rest of the fields is the same for all. */
async function bury(originals: readonly (string | Buffer)[], fields: Partial<DeadEvent> = {}) {
  const dead = originals.map((original, position) => ({
    position,
    events: 1,
    code: '23514',
    reason: 'refused',
    original: Buffer.from(original),
    ...fields,
  }));
  const batch = storeBatch([], { dead });
  await applyBatches(gateway.test.database, [batch], { shard: 0, stripe: 0 });
  return batch.batchId;
}

const send = (method: string, path: string, body?: string | Uint8Array) =>
  fetch(`${gateway.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: body as string, headers: { 'content-type': 'application/json' } }),
  });
const get = (path: string) => send('GET', path);
const list = async (search = '') =>
  (await (await get(`/dead-letters${search}`)).json()) as DeadLetterSummary[];
const idsOf = async (search = '') => (await list(search)).map(({ id }) => id);
const letter = async (id: string) => (await (await get(`/dead-letters/${id}`)).json()) as DeadLetter;
const replay = (id: string) => send('POST', `/dead-letters/${id}/replay`);
const replayAll = (filter: object) => send('POST', '/dead-letters/replay', JSON.stringify(filter));
const countsOf = async (response: Response) => (await response.json()) as DeadLetterReplayCounts;
const problemOf = async (response: Response): Promise<ProblemDetails> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as ProblemDetails;
};
const entries = async () =>
  ((await gateway.redis.xRange(gateway.key, '-', '+')) ?? []).map(({ message }) => message);

describe('GET /dead-letters', () => {
  it('lists the newest first, with previews in the place of originals', async () => {
    const batchId = await bury(['x'.repeat(1_000), Buffer.from([0x22, 0xff, 0x22])]);
    const [second, first] = await list();
    expect(first).toEqual({
      id: '1',
      batch_id: batchId,
      entry_id: '1-0',
      position: 0,
      events: 1,
      code: '23514',
      reason: 'refused',
      original_bytes: 1_000,
      original_preview: 'x'.repeat(256),
      created_at: expect.stringMatching(/^20\d\d-.*\+00:00$/),
      replayed_at: null,
      replay_batch_id: null,
    });
    expect(second).toMatchObject({ id: '2', position: 1, original_bytes: 3, original_preview: '"\ufffd"' });
  });

  it('filters', async () => {
    const one = await bury([text()]);
    await bury(['[]'], { code: 'foreign', position: null });
    await replay('1');
    expect(await idsOf('?code=foreign')).toEqual(['2']);
    expect(await idsOf(`?batch_id=${one.toUpperCase()}`)).toEqual(['1']);
    expect(await idsOf('?state=open')).toEqual(['2']);
    expect(await idsOf('?state=replayed')).toEqual(['1']);
    expect(await idsOf('?since=2020-01-01T00:00:00Z&code=23514')).toEqual(['1']);
    expect(await idsOf('?until=2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('pages through the Link header, without gaps or repeats, keeping the filters', async () => {
    await bury(Array.from({ length: 7 }, () => text()));
    await bury([text()], { code: 'other' });
    const seen: string[] = [];
    let next: string | undefined = '/dead-letters?code=23514&limit=3';
    while (next !== undefined) {
      const response = await get(next);
      seen.push(...((await response.json()) as DeadLetterSummary[]).map(({ id }) => id));
      next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1']);
  });

  it.each([
    ['topic=t', '/query/topic'],
    ['limit=1001', '/query/limit'],
    ['cursor=abc', '/query/cursor'],
    ['batch_id=x', '/query/batch_id'],
    ['state=dead', '/query/state'],
  ])('refuses %s and names the parameter', async (search, pointer) => {
    const response = await get(`/dead-letters?${search}`);
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({ code: 'invalid-query', errors: [{ pointer }] });
  });
});

describe('GET /dead-letters/{id}', () => {
  it('answers with the original: as text where it is UTF-8, else in base64', async () => {
    await bury(['{"ü":1.50}', Buffer.from([0xff, 0x00])]);
    expect(await letter('1')).toMatchObject({ id: '1', original: '{"ü":1.50}', original_bytes: 11 });
    const second = await letter('2');
    expect(second).toMatchObject({ original_base64: '/wA=', original_bytes: 2 });
    expect(second).not.toHaveProperty('original');
    expect(second).not.toHaveProperty('original_sha256');
  });

  it('says where only the beginning is kept', async () => {
    await bury(['beginning'], { full: { bytes: 50_000_000, sha256: Buffer.alloc(32) } });
    const whole = { original: 'beginning', original_bytes: 50_000_000, original_sha256: '00'.repeat(32) };
    expect(await letter('1')).toMatchObject(whole);
    expect(await list()).toMatchObject([{ original_bytes: 50_000_000 }]);
  });
});

describe('POST /dead-letters/{id}/replay', () => {
  it('publishes the very bytes as a batch of their own, marks the letter, and counts them as accepted', async () => {
    const original = text({ payload: { big: 1 } }).replace('"big":1', '"big":9007199254740993.50');
    await bury([original]);
    const response = await replay('1');
    expect(response.status).toBe(202);
    const answer = (await response.json()) as DeadLetterReplayed;
    expect(answer).toEqual({
      status: 'accepted',
      id: '1',
      replay_batch_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      replayed_at: expect.stringMatching(/^20\d\d-/),
    });
    const { replay_batch_id, replayed_at } = answer;
    expect(await letter('1')).toMatchObject({ replay_batch_id, replayed_at });
    const body = `{"events":[${original}]}`;
    expect(await entries()).toMatchObject([{ batch_id: replay_batch_id, events: '1', body }]);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(/oncelog_gateway_dead_letter_replays_total\{.*outcome="replayed".*\} [1-9]/);
  });

  it('answers the same again, without publishing anew', async () => {
    await bury([text()]);
    const first = await (await replay('1')).json();
    const again = await replay('1');
    expect([again.status, await again.json()]).toEqual([202, first]);
    expect(await entries()).toHaveLength(1);
  });

  it('appends the same batch where it is not known what became of a replay, or several come at once', async () => {
    await bury([text()]);
    await replay('1');
    await gateway.test.sql`UPDATE dead_letters SET replayed_at = NULL, replay_batch_id = NULL`;
    await Promise.all([replay('1'), replay('1')]);
    const batches = (await entries()).map(({ batch_id }) => batch_id);
    expect(batches.length).toBeGreaterThan(1);
    expect(new Set(batches).size).toBe(1);
  });

  it('gives letters of other batches and positions other batch IDs', async () => {
    const same = text();
    await bury([same, same]);
    await bury([same]);
    for (const id of ['1', '2', '3']) await replay(id);
    expect(new Set((await entries()).map(({ batch_id }) => batch_id)).size).toBe(3);
  });

  it('refuses what POST /publish would refuse, naming the field; the letter stays open', async () => {
    await bury([text({ timestamp: 'yesterday' }), 'no json', Buffer.from([0xff])]);
    const first = await replay('1');
    expect(first.status).toBe(422);
    expect(await problemOf(first)).toMatchObject({
      code: 'not-replayable',
      errors: [{ pointer: '/events/0/timestamp', rule: 'timestamp' }],
    });
    for (const id of ['2', '3']) {
      expect(await problemOf(await replay(id))).toMatchObject({ status: 422, code: 'not-replayable' });
    }
    expect(await idsOf('?state=open')).toEqual(['3', '2', '1']);
    expect(await entries()).toEqual([]);
  });

  it('replays a whole entry only where it is a request that POST /publish would take', async () => {
    const whole = { position: null, code: 'unreadable', events: 5 };
    const body = `{"events":[${text()},${text()}]}`;
    await bury([body], whole);
    await bury([text()], whole);
    await bury(['["hello","world"]'], { ...whole, code: 'foreign' });
    await bury([body], { ...whole, full: { bytes: 50_000_000, sha256: Buffer.alloc(32) } });
    expect((await replay('1')).status).toBe(202);
    expect(await entries()).toMatchObject([{ events: '2', body }]);
    for (const id of ['2', '3', '4']) {
      expect(await problemOf(await replay(id))).toMatchObject({ code: 'not-replayable' });
    }
  });

  it('changes nothing when the stream does not take it', async () => {
    await bury([text()]);
    await gateway.redis.set(gateway.key, 'not a stream');
    expect((await replay('1')).status).toBe(503);
    expect((await replayAll({ all: true })).status).toBe(503);
    expect(await idsOf('?state=open')).toEqual(['1']);
    await gateway.redis.del(gateway.key);
    expect((await replay('1')).status).toBe(202);
  });
});

describe('POST /dead-letters/replay', () => {
  it('replays the open letters of a filter and counts what it refused', async () => {
    await bury([text(), 'no json', text()]);
    await bury([text()], { code: '22P02' });
    await replay('1');
    const response = await replayAll({ code: '23514' });
    expect([response.status, await countsOf(response)]).toEqual([
      200,
      { replayed: 1, refused: 1, remaining: 0 },
    ]);
    expect(await idsOf('?state=open')).toEqual(['4', '2']);
  });

  it('looks at a bounded number, the oldest first, and goes on from its cursor past what it refused', async () => {
    await bury(Array.from({ length: 25 }, (_, i) => (i % 5 === 0 ? 'no json' : text())));
    const first = await countsOf(await replayAll({ all: true, limit: 10 }));
    expect(first).toEqual({ replayed: 8, refused: 2, remaining: 15, cursor: expect.any(String) });
    await bury([text()]); // came later: not of this replay
    const second = await countsOf(await replayAll({ all: true, limit: 10, cursor: first.cursor }));
    expect(second).toMatchObject({ replayed: 8, refused: 2, remaining: 5 });
    const third = await countsOf(await replayAll({ all: true, limit: 10, cursor: second.cursor }));
    expect(third).toEqual({ replayed: 4, refused: 1, remaining: 0 });
    expect(await idsOf('?state=open')).toEqual(['26', '21', '16', '11', '6', '1']);
    expect(await entries()).toHaveLength(20);
  });

  it('does nothing where nothing matches', async () => {
    expect(await countsOf(await replayAll({ all: true }))).toEqual({ replayed: 0, refused: 0, remaining: 0 });
  });

  it.each([
    ['{}', 422, 'invalid-filter', '/all'],
    ['[]', 422, 'invalid-filter', ''],
    ['{"code":"x","all":true}', 422, 'invalid-filter', '/all'],
    ['{"topic":"t"}', 422, 'invalid-filter', '/topic'],
    ['{"code":7}', 422, 'invalid-filter', '/code'],
    ['{"all":true,"cursor":"abc"}', 422, 'invalid-filter', '/cursor'],
    [`{"all":true,"cursor":"${Buffer.from('r.').toString('base64url')}"}`, 422, 'invalid-filter', '/cursor'],
    ['{"code":', 400, 'malformed-json', undefined],
    ['', 400, 'malformed-json', undefined],
    [`{"code":"${'x'.repeat(20_000)}"}`, 413, 'body-too-large', undefined],
  ])('refuses %.60s', async (body, status, code, pointer) => {
    await bury([text()]);
    const response = await send('POST', '/dead-letters/replay', body);
    const problem = await problemOf(response);
    expect([response.status, problem.code, problem.errors?.[0]?.pointer]).toEqual([status, code, pointer]);
    expect(await entries()).toEqual([]);
  });

  it('takes JSON only', async () => {
    const response = await fetch(`${gateway.url}/dead-letters/replay`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(415);
  });
});

describe('DELETE /dead-letters', () => {
  const stats = async () => (await (await get('/stats')).json()) as { dead_lettered: number };

  it('deletes one letter, once; the figures stay', async () => {
    await bury([text(), text()]);
    const before = await stats();
    expect((await send('DELETE', '/dead-letters/1')).status).toBe(204);
    expect((await send('DELETE', '/dead-letters/1')).status).toBe(404);
    expect(await idsOf()).toEqual(['2']);
    expect((await stats()).dead_lettered).toBe(before.dead_lettered);
  });

  it('deletes by filter, a bounded number, and says what is left', async () => {
    await bury(Array.from({ length: 5 }, () => text()));
    await bury([text()], { code: 'foreign' });
    await replay('2');
    const remove = async (search: string) => (await send('DELETE', `/dead-letters?${search}`)).json();
    expect(await remove('state=replayed')).toEqual({ deleted: 1, remaining: 0 });
    expect(await remove('code=23514&limit=3')).toEqual({ deleted: 3, remaining: 1 });
    expect(await idsOf()).toEqual(['6', '5']);
    expect(await remove('all=true')).toEqual({ deleted: 2, remaining: 0 });
  });

  it.each(['', '?limit=5', '?topic=t', '?all=yes', '?all=true&code=x'])('refuses "%s"', async (search) => {
    await bury([text()]);
    const response = await send('DELETE', `/dead-letters${search}`);
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({ code: 'invalid-query' });
    expect(await idsOf()).toEqual(['1']);
  });
});

it.each([
  '0',
  '7',
  '-1',
  '1.5',
  'x',
  '1e3',
  '%00',
  '9223372036854775807',
  '9223372036854775808',
  '9'.repeat(50),
])('answers 404 for the ID %s', async (id) => {
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/replay'],
  ] as const) {
    const response = await send(method, `/dead-letters/${id}${path}`);
    expect([response.status, (await problemOf(response)).code]).toEqual([404, 'not-found']);
  }
});

it('answers HEAD, and 405 with Allow for other methods', async () => {
  await bury([text()]);
  expect((await send('HEAD', '/dead-letters')).status).toBe(200);
  expect((await send('HEAD', '/dead-letters/1')).status).toBe(200);
  for (const [method, path, allow] of [
    ['PUT', '/dead-letters', 'GET, HEAD, DELETE'],
    ['PATCH', '/dead-letters/1', 'GET, HEAD, DELETE'],
    ['GET', '/dead-letters/replay', 'POST'],
    ['DELETE', '/dead-letters/replay', 'POST'],
    ['GET', '/dead-letters/1/replay', 'POST'],
  ] as const) {
    const response = await send(method, path);
    expect([response.status, response.headers.get('allow')]).toEqual([405, `${allow}, OPTIONS`]);
  }
});

it('answers 503 while Postgres does not answer', async () => {
  const lock = await gateway.test.sql.reserve();
  await lock`BEGIN`;
  await lock`LOCK TABLE dead_letters IN ACCESS EXCLUSIVE MODE`;
  const answers = await Promise.all(
    (
      [
        ['GET', '/dead-letters'],
        ['GET', '/dead-letters/1'],
        ['DELETE', '/dead-letters/1'],
        ['POST', '/dead-letters/1/replay'],
      ] as const
    ).map(([method, path]) => send(method, path)),
  );
  await lock`ROLLBACK`;
  lock.release();
  for (const answer of answers)
    expect(await problemOf(answer)).toMatchObject({ status: 503, code: 'query-timeout' });
});
