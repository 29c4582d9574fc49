import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openSystem, range, type System } from '../testing/system.ts';
import { hides, isLive, listsEvents, reaches, shows } from './dashboard-page.ts';
import { bury } from './dead-letter.ts';
import { publishDemo } from './publish-demo.ts';
import { useBrowser } from './use-browser.ts';
import { COLOR_SCHEMES, dashboardViews, emptyViews, VIEWPORTS } from './views.ts';
import { layoutShift } from './watch.ts';

const openPage = useBrowser();
let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
});
afterAll(() => system.close());

/** Accessibility violations and horizontal scrolling of what a page shows, in each width and colour scheme. */
async function faultsOf(page: Page): Promise<string[]> {
  const faults: string[] = [];
  // colours that change slowly would be measured on the way
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const viewport of VIEWPORTS) {
    await page.setViewportSize(viewport);
    for (const colorScheme of COLOR_SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const violations = await violationsOn(page, colorScheme);
      faults.push(...violations.map((violation) => `${viewport.width} ${colorScheme}: ${violation}`));
    }
    const tooWide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    if (tooWide > 0) faults.push(`${viewport.width}: scrolls horizontally by ${tooWide} px`);
  }
  return faults;
}

/** All rules of axe in the light; in the dark those of colours, as nothing else is different there. */
async function violationsOn(page: Page, colorScheme: (typeof COLOR_SCHEMES)[number]): Promise<string[]> {
  // the page has no frames: what axe does for those takes most of its time
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (colorScheme === 'dark') axe.withRules(['color-contrast', 'link-in-text-block']);
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}

it.each(emptyViews)('$name can be used by everyone, on every screen', async ({ search, shown }) => {
  const { page } = await openPage({ url: system.stack.url });
  await page.goto(`/dashboard${search}`);
  await shows(page.getByTestId(shown));
  expect(await faultsOf(page)).toEqual([]);
});

describe('with events', () => {
  const sample = event({
    topic: 'shop.orders',
    event_id: 'order-1',
    payload: { nested: { list: [1, 'two'] } },
  });
  const long = 'a-very-long-name-without-any-space-to-break-it-at'.repeat(5);
  let letterId: string;
  beforeAll(async () => {
    await system.publish(
      sample,
      event({ topic: long, event_id: long, source: long }),
      ...range(12).map((i) => event({ topic: `topic-${i % 6}` })),
    );
    const [letter] = await bury(system, event(), event());
    letterId = String(letter?.id);
    await system.settled();
  });
  // the letter's ID is known only later
  const views = dashboardViews({ topic: 'shop.orders', eventId: 'order-1', letterId: 'LETTER' });

  it.each(views)('$name can be used by everyone, on every screen', async ({ search, shown }) => {
    const { page } = await openPage({ url: system.stack.url });
    await page.goto(`/dashboard${search.replace('LETTER', letterId)}`);
    await shows(page.getByTestId(shown));
    expect(await faultsOf(page)).toEqual([]);
  });

  it.each([360, 1280])('nothing jumps while figures and events come in, %i px wide', async (width) => {
    const overview = await openPage({ url: system.stack.url, viewport: { width, height: 800 } });
    const events = await openPage({ url: system.stack.url, viewport: { width, height: 800 } });
    await overview.page.goto('/dashboard');
    await events.page.goto('/dashboard?view=events&live=1');
    await isLive(overview.page);
    await reaches(events.page.getByTestId('tail-state'), 'live');
    await publishDemo(system.stack.url, { TOTAL_EVENTS: '3000', DELAY_BETWEEN_BATCHES: '0.1' });
    await reaches(overview.page.getByTestId('exactness'), 'exact');
    expect(await layoutShift(overview.page)).toBeLessThan(0.1);
    expect(await layoutShift(events.page)).toBeLessThan(0.1);
  });
});

describe('with the keyboard alone', () => {
  /** What has the focus, and whether that can be seen. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const outlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
      const { width, height } = element.getBoundingClientRect();
      return {
        name: element.getAttribute('aria-label') ?? element.textContent.trim(),
        label: (element as HTMLInputElement).labels?.[0]?.textContent.trim(),
        element: element.outerHTML.slice(0, 200),
        visible: (outlined || boxShadow !== 'none') && width > 0 && height > 0,
      };
    });
  /** Presses Tab until what has the focus is meant. Everything on the way shows that it has it. */
  async function tabTo(page: Page, name: string): Promise<void> {
    const passed: string[] = [];
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const now = await focused(page);
      expect(now).toMatchObject({ visible: true });
      if (now.name === name || now.label === name) return;
      passed.push(now.label ?? now.name);
    }
    throw new Error(`Tab does not reach ${name}, only ${passed.join(', ')}`);
  }

  it('one can search and open an event', async () => {
    const { page } = await openPage({ url: system.stack.url });
    await page.goto('/dashboard');
    await isLive(page);
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('Skip to content');
    await tabTo(page, 'Events');
    await page.keyboard.press('Enter');
    await shows(page.getByTestId('event-row'));
    await page.reload();
    await shows(page.getByTestId('event-row'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Topic');
    await page.keyboard.type('shop.orders');
    await page.keyboard.press('Enter');
    await listsEvents(page, ['order-1']);
    await tabTo(page, 'order-1');
    await page.keyboard.press('Enter');
    const detail = page.getByTestId('event-detail');
    await shows(detail.getByTestId('event-json'));
    await tabTo(page, 'Copy JSON');
    await page.keyboard.press('Escape');
    await hides(detail);
    expect((await focused(page)).name).toBe('order-1');
  });
});
