import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { launchBrowser, type OpenedPage, type OpenPageOptions, type TestBrowser } from './launch.ts';

/** Waits longer than any one of the waits inside, so that the message of the one that failed is seen. */
vi.setConfig({ testTimeout: 120_000 });

/** Long enough to download and install a browser. */
const LAUNCHED_WITHIN_MS = 300_000;

/**
 * A browser for the tests of a file. Returns what opens a page in it, which is closed after the test. The test fails if
 * the page had any problem that it did not expect.
 */
export function useBrowser(): (options: OpenPageOptions) => Promise<OpenedPage> {
  let browser: TestBrowser;
  const opened: OpenedPage[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  }, LAUNCHED_WITHIN_MS);
  afterAll(() => browser?.close());
  afterEach(async () => {
    const pages = opened.splice(0);
    const problems = pages.flatMap(({ watch }) => watch.problems());
    await Promise.all(pages.map((one) => one.close()));
    expect(problems).toEqual([]);
  });
  return async (options) => {
    const one = await browser.open(options);
    opened.push(one);
    return one;
  };
}
