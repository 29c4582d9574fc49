import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSystem, type System } from '../testing/system.ts';
import { polled, shows } from './dashboard-page.ts';
import { useBrowser } from './use-browser.ts';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

const openPage = useBrowser();
let system: System;
beforeAll(async () => {
  system = await openSystem({ consumers: 1 });
});
afterAll(() => system.close());

it('shows every operation of the API', async () => {
  const { paths } = (await (await system.get('/openapi.json')).json()) as { paths: Record<string, object> };
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => METHODS.includes(key))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const { page } = await openPage({ url: system.stack.url });
  await page.goto('/docs');
  await polled(async () => {
    const shown = await page.locator('.opblock-summary').evaluateAll((blocks) =>
      blocks.map((block) => {
        const method = block.querySelector('.opblock-summary-method')?.textContent;
        return `${method} ${block.querySelector('[data-path]')?.getAttribute('data-path')}`;
      }),
    );
    expect(shown.toSorted()).toEqual(described.toSorted());
  });
});

it('tries a request against the gateway that serves it', async () => {
  const { page } = await openPage({ url: system.stack.url });
  await page.goto('/docs');
  const operation = page.locator('.opblock', { has: page.locator('[data-path="/stats"]') });
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/stats');
  await operation.getByRole('button', { name: 'Execute' }).click();
  expect((await answered).status()).toBe(200);
  const answer = operation.locator('.live-responses-table');
  await shows(answer);
  expect(await answer.locator('.response-col_status').last().textContent()).toContain('200');
  expect(await answer.textContent()).toContain('unique_processed');
});

it.each([360, 1280])('fits a screen %i px wide', async (width) => {
  const { page } = await openPage({ url: system.stack.url, viewport: { width, height: 800 } });
  await page.goto('/docs');
  await shows(page.locator('.opblock-summary').last());
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(scrollWidth).toBe(clientWidth);
});
