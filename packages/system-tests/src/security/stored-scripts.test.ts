import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shows } from '../browser/dashboard-page.ts';
import { bury } from '../browser/dead-letter.ts';
import { useBrowser } from '../browser/use-browser.ts';
import { dashboardViews } from '../browser/views.ts';
import { type EventFields, event, openSystem, type System } from '../testing/system.ts';
import { PAYLOADS } from './payloads.ts';

// What was stored to attack whoever looks at it: in every view of the dashboard it is text. A page that the browser has had to
// protect (a script or a request that the Content-Security-Policy has blocked, an error) fails the test as well.

const SCRIPTS = [...(PAYLOADS['script'] ?? []), '__proto__', 'constructor', '\u001b[2J\u202e\u2028'];
const [FIRST = ''] = SCRIPTS;

const openPage = useBrowser();
let system: System;
let letterId: string;
beforeAll(async () => {
  system = await openSystem({ consumers: 1 });
  const hostile = SCRIPTS.map((text) =>
    event({
      topic: text,
      event_id: text,
      source: text,
      payload: Object.fromEntries([[text, [text, { [text]: text }]]]),
    }),
  );
  const [letter] = await bury(
    system,
    ...hostile.map((fields) => ({ ...fields, event_id: `${fields['event_id']}!` })),
  );
  letterId = String(letter?.id);
  await system.publish(...hostile);
  await system.settled();
});
afterAll(() => system?.close());

/** What the texts would have done, and what they would have put into the page. */
const harmOn = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const foreign =
      'iframe, object, embed, base, [onerror], [onload], img:not([src^="data:"]), body script, a[href^="javascript:" i]';
    const { prototype } = Object;
    return {
      ran: (globalThis as { injected?: unknown }).injected,
      elements: [...document.querySelectorAll(foreign)].map(({ outerHTML }) => outerHTML),
      polluted: Object.keys(prototype),
    };
  });
const NO_HARM = { ran: undefined, elements: [], polluted: [] };

it('each view shows what was stored as text', async () => {
  const { page } = await openPage({ url: system.stack.url });
  for (const { search, shown } of dashboardViews({ topic: FIRST, eventId: FIRST, letterId })) {
    await page.goto(`/dashboard${search}`);
    await shows(page.getByTestId(shown));
    expect(await harmOn(page), search).toEqual(NO_HARM);
  }
});

it('the detail of each event shows it as text', async () => {
  const { page } = await openPage({ url: system.stack.url });
  for (const text of SCRIPTS.slice(1)) {
    const detail = new URLSearchParams({ view: 'events', show_topic: text, show_id: text });
    await page.goto(`/dashboard?${detail}`);
    await shows(page.getByTestId('event-json'));
    const json = JSON.parse((await page.getByTestId('event-json').textContent()) ?? '') as EventFields;
    expect(Object.keys(json['payload'] as object)).toEqual([text]);
    expect(await harmOn(page)).toEqual(NO_HARM);
  }
});

it('a link with scripts in all its parameters runs nothing', async () => {
  const { page, watch } = await openPage({ url: system.stack.url });
  const views = [
    ['view', 'topics', 'sort', 'chart', 'range'],
    ['view=events', 'topic', 'source', 'event_id', 'contains', 'since', 'until', 'show_topic', 'show_id'],
    ['view=dead-letters', 'code', 'letter', 'state'],
  ];
  for (const names of views) {
    for (const text of SCRIPTS.slice(0, 4)) {
      const value = encodeURIComponent(text);
      const search = names.map((name) => (name.includes('=') ? name : `${name}=${value}`)).join('&');
      await page.goto(`/dashboard?${search}#${value}`);
      await shows(page.locator('main'));
      expect(await harmOn(page), search).toEqual(NO_HARM);
    }
  }
  watch.forget(/status of 422/); // the gateway refuses such filters
});

it('a link to the API page brings no other description, and runs nothing', async () => {
  const { page, watch } = await openPage({ url: system.stack.url });
  const elsewhere = encodeURIComponent('http://evil.example/openapi.json');
  await page.goto(
    `/docs?url=${elsewhere}&configUrl=${elsewhere}&urls=${elsewhere}&${encodeURIComponent(FIRST)}#/${encodeURIComponent(FIRST)}`,
  );
  await shows(page.getByText('oncelog', { exact: false }));
  await page.waitForLoadState('networkidle');
  expect(
    watch.requests.filter((url) => !url.startsWith(system.stack.url) && !url.startsWith('data:')),
  ).toEqual([]);
  expect(await page.evaluate(() => (globalThis as { injected?: unknown }).injected)).toBe(undefined);
});
