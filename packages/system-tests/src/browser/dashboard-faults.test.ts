import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { event, openSystem, type System } from '../testing/system.ts';
import { figuresOf, figuresOn, hides, isLive, polled, reaches, shows } from './dashboard-page.ts';
import { useBrowser } from './use-browser.ts';

/** What the browser says of requests that it could not make, or that were answered 503. */
const OUTAGE = /ERR_|status of 503/;

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

const consumer = (page: Page, name: string) => page.locator(`[data-testid=consumer-row][data-name=${name}]`);

/** Waits until the page shows what the statistics say, and nothing in flight. */
async function showsFigures(page: Page): Promise<void> {
  const stats = await system.settled();
  await polled(async () => expect(await figuresOn(page)).toEqual(figuresOf(stats)));
}

it('says how to begin while there is nothing yet, and what it says works', async () => {
  const { page } = await open('/');
  await showsFigures(page);
  const empty = page.getByTestId('empty-topics');
  await shows(empty);
  await shows(page.getByRole('heading', { level: 1, name: 'Overview' }));
  for (const [view, testId] of [
    ['Events', 'store-empty'],
    ['Dead letters', 'letters-empty'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
    await shows(page.getByTestId(testId));
  }
  await page.goBack();
  await page.goBack();
  const command = (await empty.locator('code, pre').first().textContent()) ?? '';
  await promisify(execFile)('sh', ['-ec', command]);
  await hides(empty);
  await shows(page.getByTestId('topic-row'));
  await showsFigures(page);
  expect(await system.events()).toHaveLength(1);
});

it('shows a consumer that is frozen, and one that was killed, until they are well again', async () => {
  const { page } = await open('/');
  await isLive(page);
  await reaches(consumer(page, 'consumer-1'), 'active', 'idle');
  await reaches(consumer(page, 'consumer-2'), 'active', 'idle');
  const frozen = system.pidOf('consumer-1');
  process.kill(frozen, 'SIGSTOP');
  try {
    system.stack.kill('consumer-2', 'SIGKILL');
    await polled(async () =>
      expect(await consumer(page, 'consumer-2').getByTestId('consumer-started').textContent()).toMatch(
        /^restarted \d+ s ago$/i,
      ),
    );
    await reaches(consumer(page, 'consumer-1'), 'silent');
    expect(await consumer(page, 'consumer-1').textContent()).toContain('Silent');
    await reaches(consumer(page, 'consumer-2'), 'active', 'idle');
  } finally {
    process.kill(frozen, 'SIGCONT');
  }
  await reaches(consumer(page, 'consumer-1'), 'active', 'idle');
});

it('says that it is stale while the gateway is frozen, and recovers', async () => {
  const { page, watch } = await open('/');
  await isLive(page);
  await polled(async () => expect(await page.title()).toMatch(/^[\d,.]+\/s · oncelog$/));
  const before = await figuresOn(page);
  const gateway = system.pidOf('gateway');
  process.kill(gateway, 'SIGSTOP');
  try {
    await reaches(page.getByTestId('connection'), 'stale');
    await shows(page.getByTestId('stale-notice').getByText(/last update/i));
    expect(await page.locator('main').getAttribute('data-stale')).toBe('true');
    expect(await page.title()).toMatch(/^Stale · /);
    // the last figures stay
    expect(await figuresOn(page)).toEqual(before);
  } finally {
    process.kill(gateway, 'SIGCONT');
  }
  await isLive(page);
  await hides(page.getByTestId('stale-notice'));
  expect(watch.problems()).toEqual([]);
});

it('says that it reconnects when the gateway was killed, and goes on by itself', async () => {
  const overview = await open('/');
  const events = await open('/dashboard?view=events&live=1');
  await isLive(overview.page);
  await reaches(events.page.getByTestId('tail-state'), 'live');
  system.stack.kill('gateway', 'SIGKILL');
  await reaches(overview.page.getByTestId('connection'), 'reconnecting', 'stale');
  await reaches(events.page.getByTestId('tail-state'), 'reconnecting');
  await isLive(overview.page);
  await reaches(events.page.getByTestId('tail-state'), 'live');
  await system.publish(event({ event_id: 'after-the-kill' }));
  await shows(events.page.getByRole('link', { name: 'after-the-kill' }));
  await showsFigures(overview.page);
  overview.watch.forget(OUTAGE);
  events.watch.forget(OUTAGE);
});

/** That Postgres is away, on every page. */
async function showsOutage(overview: Page) {
  await reaches(overview.getByTestId('health-database').first(), 'error');
  await reaches(overview.getByTestId('health-redis').first(), 'connected');
  const events = await open('/dashboard?view=events');
  await shows(events.page.getByTestId('events-error'));
  const letters = await open('/dashboard?view=dead-letters');
  await shows(letters.page.getByTestId('letters-error'));
  return [events, letters] as const;
}

it('says what is wrong while Postgres is away, and shows everything again afterwards', async () => {
  await system.publish(event({ event_id: 'before-the-outage' }));
  await system.settled();
  const overview = await open('/');
  await isLive(overview.page);
  await system.stack.stopProcess('postgres');
  const [events, letters] = await showsOutage(overview.page).finally(() =>
    system.stack.startProcess('postgres'),
  );
  await reaches(overview.page.getByTestId('health-database').first(), 'connected');
  await events.page.getByTestId('events-error').getByRole('button', { name: 'Try again' }).click();
  await shows(events.page.getByRole('link', { name: 'before-the-outage' }));
  for (const { watch } of [events, letters]) watch.forget(OUTAGE);
  await showsFigures(overview.page);
  overview.watch.forget(OUTAGE);
});
