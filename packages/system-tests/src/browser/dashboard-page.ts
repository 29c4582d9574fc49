import type { Stats } from '@oncelog/event-schema';
import type { Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { SHOWN_WITHIN_MS } from './launch.ts';

/** The headline figures, by what `GET /stats` calls them. */
const FIGURES = {
  accepted: 'figure-accepted',
  unique_processed: 'figure-unique',
  duplicate_dropped: 'figure-duplicates',
  dead_lettered: 'figure-dead-letters',
  in_flight: 'figure-in-flight',
} as const;

export type Figures = { readonly [name in keyof typeof FIGURES]: number | undefined };

/** What `GET /stats` says, as far as the page shows it in large. */
export function figuresOf(stats: Stats): Figures {
  const { accepted, unique_processed, duplicate_dropped, dead_lettered, in_flight } = stats;
  return { accepted, unique_processed, duplicate_dropped, dead_lettered, in_flight };
}

/** The headline figures that the page shows now; undefined while it knows none. */
export async function figuresOn(page: Page): Promise<Figures> {
  const read = async (name: keyof typeof FIGURES) => {
    const value = await page.getByTestId(FIGURES[name]).getAttribute('data-value');
    return [name, value === null ? undefined : Number(value)] as const;
  };
  const names = Object.keys(FIGURES) as (keyof typeof FIGURES)[];
  return Object.fromEntries(await Promise.all(names.map(read))) as Figures;
}

/** Waits until the element's `data-state` is one of these. */
export async function reaches(element: Locator, ...states: [string, ...string[]]): Promise<void> {
  await polled(async () => expect(states).toContain(await element.getAttribute('data-state')));
}

export const isLive = (page: Page): Promise<void> => reaches(page.getByTestId('connection'), 'live');

/** Waits until it is on the page, to be seen. */
export const shows = (element: Locator): Promise<void> =>
  element.first().waitFor({ state: 'visible', timeout: SHOWN_WITHIN_MS });

export const hides = (element: Locator): Promise<void> =>
  element.first().waitFor({ state: 'hidden', timeout: SHOWN_WITHIN_MS });

/** The `data-event-id` of the rows of the events table, from the top. */
export const eventIdsOn = (page: Page): Promise<(string | null)[]> =>
  page.getByTestId('event-row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-event-id')));

/** Waits until the events table holds exactly these, from the top. */
export const listsEvents = (page: Page, ids: readonly string[]): Promise<void> =>
  polled(async () => expect(await eventIdsOn(page)).toEqual(ids));

/** Waits until `check` throws no more. */
export async function polled(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: SHOWN_WITHIN_MS, interval: 50 });
}

/** The picture on the throughput chart's canvas as a data URL; undefined while nothing is drawn there. */
export function chartOn(page: Page): Promise<string | undefined> {
  const canvas = page.getByTestId('throughput-chart').locator('canvas').first();
  return canvas.evaluate((drawn: HTMLCanvasElement) => {
    const blank = document.createElement('canvas');
    blank.width = drawn.width;
    blank.height = drawn.height;
    const picture = drawn.toDataURL();
    return picture === blank.toDataURL() ? undefined : picture;
  });
}
