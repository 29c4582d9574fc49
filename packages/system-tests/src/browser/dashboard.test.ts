import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openSystem, type System } from '../testing/system.ts';
import {
  chartOn,
  figuresOf,
  figuresOn,
  isLive,
  listsEvents,
  polled,
  reaches,
  shows,
} from './dashboard-page.ts';
import { bury } from './dead-letter.ts';
import { publishDemo } from './publish-demo.ts';
import { useBrowser } from './use-browser.ts';

const openPage = useBrowser();
let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
});
afterAll(() => system.close());

async function open(path: string) {
  const opened = await openPage({ url: system.stack.url });
  await opened.page.goto(path);
  return opened;
}

it('shows the figures of the demo while they move, and ends at exactly what the statistics say', async () => {
  const { page } = await open('/');
  await shows(page.getByRole('heading', { level: 1, name: 'Overview' }));
  await isLive(page);
  const seen = new Set<number | undefined>();
  const charts = new Set<string | undefined>();
  const looked = async () => {
    seen.add((await figuresOn(page)).unique_processed);
    charts.add(await chartOn(page));
  };
  // 200 batches, at least 20 ms apart: several of the page's seconds
  let running = true;
  const demo = publishDemo(system.stack.url, { DELAY_BETWEEN_BATCHES: '0.02' }).finally(() => {
    running = false;
  });
  while (running) await looked();
  expect(await demo).toMatchObject({ published: 20_000, unique_processed: 14_000, exact: true });

  const stats = await system.settled();
  await polled(async () => expect(await figuresOn(page)).toEqual(figuresOf(stats)));
  await reaches(page.getByTestId('exactness'), 'exact');
  const rate = (100 * stats.duplicate_dropped) / stats.received;
  expect(await page.getByTestId('duplicate-rate').textContent()).toContain(`${rate.toFixed(1)} %`);
  // from nothing by way of something to all of it
  expect(seen.size).toBeGreaterThan(2);
  expect(charts.size).toBeGreaterThan(2);
  expect(await chartOn(page)).toBeDefined();
  const topics = await page
    .getByTestId('topic-row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-topic')));
  expect(topics.toSorted()).toEqual(stats.by_topic.map(({ topic }) => topic).toSorted());
});

it('shows events as they are stored, once each, and only those that match', async () => {
  const { page } = await open('/dashboard?view=events&topic=tail.a&live=1');
  expect(await page.getByRole('switch', { name: 'Live' }).getAttribute('aria-checked')).toBe('true');
  await reaches(page.getByTestId('tail-state'), 'live');
  const first = event({ topic: 'tail.a', event_id: 'tail-1' });
  await system.publish(first, event({ topic: 'tail.b', event_id: 'tail-b' }));
  await listsEvents(page, ['tail-1']);
  await system.publish(first, event({ topic: 'tail.a', event_id: 'tail-2' }));
  await listsEvents(page, ['tail-2', 'tail-1']);
  await page.getByRole('link', { name: 'tail-2' }).click();
  await shows(page.getByTestId('event-detail').getByRole('heading', { name: 'tail-2' }));
  await page.keyboard.press('Escape');

  await page.getByRole('switch', { name: 'Live' }).click();
  await reaches(page.getByTestId('tail-state'), 'off');
  expect(page.url()).not.toContain('live=1');
});

describe('dead letters', () => {
  it('are listed with their reason, opened, and replayed', async () => {
    await bury(system, event({ topic: 'dead', event_id: 'dead-1' }));
    const { page } = await open('/');
    await page.getByRole('link', { name: 'Dead letters 1' }).click();
    const row = page.getByTestId('letter-row');
    await polled(async () => expect(await row.count()).toBe(1));
    expect(await row.textContent()).toContain('23514');
    await row.getByRole('link', { name: /^#/ }).click();
    const detail = page.getByTestId('letter-detail');
    await shows(detail);
    expect(await detail.getByTestId('letter-original').textContent()).toContain('"dead-1"');

    await detail.getByRole('button', { name: 'Replay', exact: true }).click();
    await reaches(detail.getByTestId('replay-result'), 'stored');
    await page.getByRole('radio', { name: 'Replayed' }).check();
    await polled(async () => expect(await row.count()).toBe(1));
    expect(await row.getAttribute('data-state')).toBe('replayed');
    expect(await system.events('?event_id=dead-1')).toHaveLength(1);
  });

  it('are replayed and deleted together, after a question', async () => {
    await bury(
      system,
      event({ topic: 'dead', event_id: 'dead-2' }),
      event({ topic: 'dead', event_id: 'dead-3' }),
    );
    const { page } = await open('/dashboard?view=dead-letters');
    const row = page.getByTestId('letter-row');
    await polled(async () => expect(await row.count()).toBe(2));
    await page.getByRole('button', { name: 'Replay all open' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay dead letters' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Replay all open' }).click();
    await dialog.getByRole('button', { name: 'Replay' }).click();
    await shows(page.getByTestId('bulk-result'));
    expect(await page.getByTestId('bulk-result').textContent()).toContain('2');
    await shows(page.getByTestId('letters-empty'));
    await system.settled();
    expect(await system.events('?topic=dead&source=poison')).toHaveLength(3);

    await page.getByRole('radio', { name: 'All' }).check();
    await polled(async () => expect(await row.count()).toBe(3));
    await page.getByRole('button', { name: 'Delete all' }).click();
    await page
      .getByRole('dialog', { name: 'Delete dead letters' })
      .getByRole('button', { name: 'Delete' })
      .click();
    await shows(page.getByTestId('letters-empty'));
    expect(await (await system.get('/dead-letters')).json()).toEqual([]);
  });
});

it('runs the audit and shows what it compared', async () => {
  const { page } = await open('/dashboard?view=system');
  await page.getByRole('button', { name: 'Full audit' }).click();
  await reaches(page.getByTestId('audit').first(), 'consistent');
  const checks = page.getByTestId('check-row');
  await polled(async () => expect(await checks.count()).toBeGreaterThan(3));
  expect(await checks.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-holds')))).not.toContain(
    'false',
  );
});

it('keeps the theme that was chosen', async () => {
  const { page } = await open('/');
  const theme = () => page.locator('html').getAttribute('data-theme');
  const background = () => page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
  const light = await background();
  const button = page.getByRole('button', { name: /^Theme:/ });
  await button.click();
  expect(await theme()).toBe('light');
  expect(await background()).toBe(light);
  await button.click();
  expect(await theme()).toBe('dark');
  expect(await background()).not.toBe(light);
  await page.reload();
  expect(await theme()).toBe('dark');
});

it('is served to browsers only, and may load nothing but its own files', async () => {
  const headersOf = async (path: string, accept: string) => {
    const { status, headers } = await fetch(`${system.stack.url}${path}`, { headers: { accept } });
    expect(status).toBe(200);
    return headers;
  };
  for (const path of ['/', '/dashboard']) {
    const headers = await headersOf(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/(^|;)\s*default-src 'none'\s*(;|$)/);
    expect(policy).toMatch(/(^|;)\s*frame-ancestors 'none'\s*(;|$)/);
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
  }
  const root = await headersOf('/', '*/*');
  expect(root.get('content-type')).toMatch(/^application\/json/);
  expect(root.get('vary')).toMatch(/\baccept\b/i);

  const { page, watch } = await open('/');
  await isLive(page);
  const assets = watch.requests
    .map((url) => new URL(url).pathname)
    .filter((path) => path.includes('/assets/'));
  expect(assets.length).toBeGreaterThan(1);
  for (const path of assets) {
    expect((await headersOf(path, '*/*')).get('cache-control')).toContain('immutable');
  }
});
