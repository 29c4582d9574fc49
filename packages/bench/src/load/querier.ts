import { Client } from 'undici';
import { serve } from '../workers/serve.ts';
import type { FollowInput, QueryInput, QueryReport } from './query-report.ts';

/** Asks `GET /events`, one request at a time on one connection. */
serve({
  async query({ url, path, times }: QueryInput): Promise<QueryReport> {
    const client = new Client(url);
    const latenciesMs: number[] = [];
    let status = 200;
    let rows = 0;
    for (let time = 0; time < times && status === 200; time += 1) {
      const sentAtMs = performance.now();
      const { statusCode, body } = await client.request({ method: 'GET', path });
      const text = await body.text();
      latenciesMs.push(performance.now() - sentAtMs);
      status = statusCode;
      rows = status === 200 ? (JSON.parse(text) as unknown[]).length : 0;
    }
    await client.close();
    return { latenciesMs, status, rows };
  },
  /** The path of the page so many pages on. */
  async follow({ url, path, pages }: FollowInput): Promise<string> {
    const client = new Client(url);
    let page = path;
    for (let number = 0; number < pages; number += 1) {
      const { headers, body } = await client.request({ method: 'GET', path: page });
      await body.dump();
      const next = /<([^>]+)>; rel="next"/.exec(String(headers['link']))?.[1];
      if (next === undefined) throw new Error(`${path} has only ${number + 1} pages`);
      page = next;
    }
    await client.close();
    return page;
  },
});
