import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { event, openSystem, range, type System } from '../testing/system.ts';
import { bury } from './dead-letter.ts';
import { launchBrowser, type TestBrowser } from './launch.ts';
import { publishDemo } from './publish-demo.ts';
import {
  COLOR_SCHEMES,
  dashboardViews,
  emptyViews,
  VIEWPORTS,
  type View,
  type ViewSamples,
} from './views.ts';

/*
 * Pictures of every view of the dashboard, in each width and colour scheme, for people to look at:
 * FOLDER/NAME-WIDTH-SCHEME.png, each of the whole page unless that is very long.
 */
const USAGE = 'pnpm --filter @oncelog/system-tests run screenshots [--out FOLDER] [--only NAME]…';

/** How long events flow before the pictures, so that the chart has something to show. */
const FLOWS_FOR_MS = 45_000;

/** CSS pixels. Of what is longer only what a screen shows: below is more of the same. */
const MAX_HEIGHT = 2_400;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Studio {
  readonly browser: TestBrowser;
  readonly system: System;
  readonly folder: string;
  readonly isWanted: (name: string) => boolean;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: '/tmp/oncelog-screenshots' },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return print(USAGE);
  const folder = resolve(values.out);
  mkdirSync(folder, { recursive: true });
  const isWanted = (name: string) =>
    values.only.length === 0 || values.only.some((start) => name.startsWith(start));
  const browser = await launchBrowser();
  const system = await openSystem({ consumers: 4 });
  const studio = { browser, system, folder, isWanted };
  try {
    for (const view of emptyViews) await takeView(studio, view);
    await takeFilled(studio);
    await takeTroubles(studio);
  } finally {
    await browser.close();
    await system.close();
  }
  print(`The pictures are in ${folder}`);
}

/** Every view of a system into which events flow. */
async function takeFilled(studio: Studio): Promise<void> {
  const samples = await fill(studio.system);
  const [overview, ...others] = dashboardViews(samples);
  const since = Date.now();
  const load = startLoad(studio.system.stack.url);
  const { page, close } = await openView(studio, overview as View);
  for (const view of others) await takeView(studio, view);
  while (Date.now() - since < FLOWS_FOR_MS) await page.waitForTimeout(250);
  await take(studio, page, 'overview');
  await close();
  await load.stop();
}

/** What the views say when something is wrong. */
async function takeTroubles(studio: Studio): Promise<void> {
  const { stack, pidOf } = studio.system;
  const overview: View = { name: 'stale', search: '', shown: 'topic-row' };
  const stale = await openView(studio, overview);
  const gateway = pidOf('gateway');
  process.kill(gateway, 'SIGSTOP');
  await stale.page.getByTestId('stale-notice').waitFor();
  await take(studio, stale.page, 'stale');
  process.kill(gateway, 'SIGCONT');
  await stack.stopProcess('postgres');
  await stale.page.locator('[data-testid=health-database][data-state=error]').first().waitFor();
  await take(studio, stale.page, 'no-postgres');
  await stale.close();
  await takeView(studio, { name: 'events-error', search: '?view=events', shown: 'events-error' });
  await stack.startProcess('postgres');
}

async function takeView(studio: Studio, view: View): Promise<void> {
  if (!studio.isWanted(view.name)) return;
  const { page, close } = await openView(studio, view);
  await take(studio, page, view.name);
  await close();
}

async function openView({ browser, system }: Studio, { search, shown }: View) {
  const opened = await browser.open({ url: system.stack.url });
  await opened.page.goto(`/dashboard${search}`);
  await opened.page.getByTestId(shown).first().waitFor({ timeout: 60_000 });
  return opened;
}

/** One picture for each width and colour scheme. */
async function take({ folder, isWanted }: Studio, page: Page, name: string): Promise<void> {
  if (!isWanted(name)) return;
  for (const viewport of VIEWPORTS) {
    await page.setViewportSize(viewport);
    for (const colorScheme of COLOR_SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const path = join(folder, `${name}-${viewport.width}-${colorScheme}.png`);
      const contents = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.screenshot({ path, fullPage: contents <= MAX_HEIGHT });
      print(path);
    }
  }
}

/** Events such as one would have: some with much in them, and dead letters. */
async function fill(system: System): Promise<ViewSamples> {
  const order = event({
    topic: 'orders.created',
    event_id: 'order-20260131-0042',
    source: 'web-shop',
    timestamp: new Date().toISOString(),
    payload: {
      order: { id: 42, currency: 'EUR', total: 129.9, express: true, note: null },
      customer: { name: 'Ada Lovelace', country: 'GB', tags: ['returning', 'newsletter'] },
      items: range(3).map((i) => ({ sku: `sku-${100 + i}`, quantity: i + 1, price: 12.5 * (i + 1) })),
    },
  });
  const letters = await bury(
    system,
    ...range(3).map((i) => event({ event_id: `refused-${i}`, timestamp: new Date().toISOString() })),
  );
  await publishDemo(system.stack.url);
  await system.publish(order);
  return { topic: 'orders.created', eventId: 'order-20260131-0042', letterId: String(letters[0]?.id) };
}

/** Runs of the demo at changing rates, until it is stopped. */
function startLoad(url: string): { stop(): Promise<void> } {
  let running = true;
  const loop = async () => {
    for (let run = 0; running; run++) {
      const delay = 0.02 + 0.06 * Math.abs(Math.sin(run));
      const duplicates = 0.15 + 0.25 * Math.abs(Math.cos(run));
      await publishDemo(url, {
        TOTAL_EVENTS: '4000',
        DUPLICATE_RATE: duplicates.toFixed(2),
        DELAY_BETWEEN_BATCHES: delay.toFixed(3),
        CONCURRENCY: '2',
      });
    }
  };
  const ended = loop();
  // told by stop()
  ended.catch(() => {});
  return {
    async stop() {
      running = false;
      await ended;
    },
  };
}

await main();
