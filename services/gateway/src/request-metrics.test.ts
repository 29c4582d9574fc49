import { createRegistry } from '@oncelog/service-kit';
import { expect, it } from 'vitest';
import { createRequestMetrics } from './request-metrics.ts';

async function countsAfter(...requests: [method: string, route: string, status: number, seconds: number][]) {
  const registry = createRegistry('gateway');
  const { answered } = createRequestMetrics(registry);
  for (const request of requests) answered(...request);
  const lines = (await registry.metrics()).split('\n').filter((line) => /_count\{/.test(line));
  const counts = lines.map((line) =>
    /^oncelog_gateway_(\w+)_seconds_count\{(.*),service="gateway"\} (\d+)$/.exec(line),
  );
  return Object.fromEntries(
    counts.flatMap((found) => (found === null ? [] : [[`${found[1]} ${found[2]}`, Number(found[3])]])),
  );
}
const STREAMS = {
  'event_stream_duration route="/tail"': 0,
  'event_stream_duration route="/live"': 0,
};
const PUBLISHED = 'request_duration method="POST",route="/publish",status="202"';

it('shows accepted requests before there are any', async () => {
  expect(await countsAfter()).toEqual({ ...STREAMS, [PUBLISHED]: 0 });
});

it('counts requests by method, route and status', async () => {
  expect(
    await countsAfter(
      ['POST', '/publish', 202, 0.01],
      ['POST', '/publish', 202, 0.02],
      ['POST', '/publish', 503, 3],
      ['GET', '/dead-letters/:id', 404, 0.01],
    ),
  ).toEqual({
    ...STREAMS,
    [PUBLISHED]: 2,
    'request_duration method="POST",route="/publish",status="503"': 1,
    'request_duration method="GET",route="/dead-letters/:id",status="404"': 1,
  });
});

it('takes methods that the API does not have for one', async () => {
  expect(
    await countsAfter(
      ['PURGE', '/events', 405, 0],
      ['PROPFIND', '/events', 405, 0],
      ['OPTIONS', '/events', 405, 0],
    ),
  ).toEqual({
    ...STREAMS,
    [PUBLISHED]: 0,
    'request_duration method="other",route="/events",status="405"': 3,
  });
});

it('keeps event streams apart, which are open for hours, but not their refusals', async () => {
  expect(await countsAfter(['GET', '/tail', 200, 7_200], ['GET', '/tail', 422, 0.001])).toEqual({
    ...STREAMS,
    'event_stream_duration route="/tail"': 1,
    [PUBLISHED]: 0,
    'request_duration method="GET",route="/tail",status="422"': 1,
  });
});
