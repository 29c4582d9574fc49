import { ConsumerStateSchema, LiveStatusSchema, type ProblemDetails } from '@oncelog/event-schema';
import { openReader } from '@oncelog/event-stream';
import { silentLog } from '@oncelog/event-stream/testing';
import { testRedisUrl } from '@oncelog/local-stack/testing';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());

describe('GET /live', () => {
  it('sends a status at once, and then one after the other', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/live`, { signal: leaving.signal });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    })().catch(() => {});
    await vi.waitFor(() => expect(text.match(/^event: status$/gm)).toHaveLength(2), 10_000);
    const messages = [...text.matchAll(/^event: status\ndata: (.*)\n\n/gm)].map(([, data = '']) => data);
    expect(messages).toHaveLength(2);
    for (const data of messages) expect([...Value.Errors(LiveStatusSchema, JSON.parse(data))]).toEqual([]);
    leaving.abort();
    await reading;
  });

  it('answers HEAD and ends', async () => {
    const response = await fetch(`${gateway.url}/live`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('GET /consumers', () => {
  it('lists the members of the group', async () => {
    const prefix = gateway.key.replace(/:events:.*/, '');
    const reader = openReader({ url: testRedisUrl(), prefix, shard: 0, consumer: 'one', log: silentLog });
    await vi.waitFor(() => reader.ensureGroup(), 10_000);
    await reader.announce({ startedAt: new Date('2026-01-01T00:00:00Z'), version: '1.2.3', applied: true });
    const response = await fetch(`${gateway.url}/consumers`);
    expect(response.status).toBe(200);
    const consumers: unknown = await response.json();
    expect(consumers).toMatchObject([
      { name: 'one', state: 'active', started_at: '2026-01-01T00:00:00.000Z', version: '1.2.3' },
    ]);
    expect([...Value.Errors(Type.Array(ConsumerStateSchema), consumers)]).toEqual([]);
    await reader.leave();
    expect(await (await fetch(`${gateway.url}/consumers`)).json()).toEqual([]);
    await reader.close();
  });

  it('answers 503 while Redis is away', async () => {
    const away = await openTestGateway({ redisUrl: 'redis://127.0.0.1:1' });
    const response = await fetch(`${away.url}/consumers`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'stream-unavailable' });
    await away.close();
  });
});

it.each(['/live', '/consumers'])('%s takes no parameters, and says so', async (path) => {
  const response = await fetch(`${gateway.url}${path}?topic=a`);
  expect(response.status).toBe(422);
  const { code, errors } = (await response.json()) as ProblemDetails;
  expect(code).toBe('invalid-query');
  expect(errors).toEqual([
    {
      pointer: '/query/topic',
      rule: 'unknown-parameter',
      detail: 'There is no such parameter; there is none here.',
    },
  ]);
});
