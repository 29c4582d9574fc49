import { readFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { createClient } from '@oncelog/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSystem, type System } from '../testing/system.ts';
import { useBrowser } from './use-browser.ts';

/** The SDK in a page: compiled as it is published, without a bundler, at the gateway's own address by way of a proxy. */
const compiled = new URL('../../../client/dist/', import.meta.url);

const openPage = useBrowser();
let system: System;
let site: { readonly url: string; close(): void };
beforeAll(async () => {
  system = await openSystem({ consumers: 1 });
  site = await openSite(system.stack.url);
});
afterAll(async () => {
  site?.close();
  await system?.close();
});

const PAGE = `<!doctype html><title>SDK</title><link rel="icon" href="data:,">
<script type="module">import * as sdk from '/sdk/index.js'; globalThis.sdk = sdk;</script>`;

/** Serves a page, the modules of the client, and for everything else the gateway. */
async function openSite(gateway: string): Promise<typeof site> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    if (path === '/page') return response.setHeader('Content-Type', 'text/html').end(PAGE);
    const [, module] = /^\/sdk\/([a-z0-9-]+\.js)$/.exec(path) ?? [];
    if (module !== undefined) {
      response.setHeader('Content-Type', 'text/javascript');
      return response.end(await readFile(new URL(module, compiled)));
    }
    const { method, headers } = request;
    const upstream = forward(new URL(path, gateway), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    return request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

it('publishes, reads and follows in a browser', async () => {
  const { page, watch } = await openPage({ url: site.url });
  await page.goto('/page');
  const seen = await page.evaluate(async () => {
    const { sdk } = globalThis as unknown as { sdk: { createClient: typeof createClient } };
    const client = sdk.createClient({ url: location.origin, topic: 'browser', source: 'page' });
    const tail = client.tail({ topic: 'browser' });
    const followed = tail.next();
    const published = await Promise.all(
      Array.from({ length: 200 }, (_, n) => client.publish({ event_id: `e${n}`, payload: { n: BigInt(n) } })),
    );
    const bad = await client.publish({ payload: { text: '\0' } }).catch((error: Error) => error.name);
    const closed = await client.close();
    // a tail begins where it was opened, so that it may have missed those before
    const again = sdk.createClient({ url: location.origin, topic: 'browser', source: 'page' });
    const more = setInterval(() => again.publish({ payload: {} }).catch(() => {}), 200);
    const first = await followed;
    clearInterval(more);
    await again.close();
    await tail.return();
    let stored = 0;
    for (let tries = 0; stored < 200 && tries < 200; tries++) {
      stored = 0;
      for await (const event of client.events({ topic: 'browser' }))
        stored += event.event_id.startsWith('e') ? 1 : 0;
    }
    return {
      queued: published.reduce((sum, { queued }) => sum + queued, 0),
      batches: new Set(published.flatMap(({ batchIds }) => batchIds)).size,
      bad,
      closed,
      followed: first.value?.type,
      stored,
    };
  });

  watch.forget(/status of 422 .*\/publish/);
  expect(seen).toMatchObject({
    queued: 200,
    bad: 'PublishRejectedError',
    closed: { undelivered: 0 },
    followed: 'event',
    stored: 200,
  });
  expect(seen.batches).toBeLessThan(10);
  await system.settled();
});
