import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import { latencies } from '../statistics.ts';
import { serve } from '../workers/serve.ts';
import type { ProbeInput, ProbeReport } from './probe-report.ts';

/** Publishes an event of its own now and then, and looks how long it takes until a query shows it. */
const TOPIC = 'bench.probe';
const POLL_MS = 1;
const DEADLINE_MS = 30_000;

serve({
  async probe({ url, probes, perSecond }: ProbeInput): Promise<ProbeReport> {
    // one to publish, one to look
    const client = new Client(url, { pipelining: 1 });
    const freshnessMs = new Float64Array(probes);
    let polls = 0;
    for (let number = 0; number < probes; number += 1) {
      const dueAtMs = performance.now() + 1_000 / perSecond;
      const eventId = randomUUID();
      await publish(client, eventId);
      const acceptedAtMs = performance.now();
      while ((await newestId(client)) !== eventId) {
        polls += 1;
        if (performance.now() - acceptedAtMs > DEADLINE_MS)
          throw new Error('a probe is not visible after 30 s');
        await delay(POLL_MS);
      }
      freshnessMs[number] = performance.now() - acceptedAtMs;
      await delay(Math.max(0, dueAtMs - performance.now()));
    }
    await client.close();
    return { freshnessMs: latencies(freshnessMs), probes, polls };
  },
});

async function publish(client: Client, eventId: string): Promise<void> {
  const event = {
    topic: TOPIC,
    event_id: eventId,
    timestamp: new Date().toISOString(),
    source: 'prober',
    payload: {},
  };
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/publish',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event] }),
  });
  const text = await body.text();
  if (statusCode !== 202) throw new Error(`POST /publish: ${statusCode} ${text}`);
}

async function newestId(client: Client): Promise<string | undefined> {
  const path = `/events?topic=${TOPIC}&limit=1`;
  const { statusCode, body } = await client.request({ method: 'GET', path });
  if (statusCode !== 200) throw new Error(`GET /events: ${statusCode} ${await body.text()}`);
  const [event] = (await body.json()) as { event_id: string }[];
  return event?.event_id;
}
