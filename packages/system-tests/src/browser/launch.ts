import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findChromium } from './find-chromium.ts';
import { type Watch, watchContext } from './watch.ts';

/** A real browser without a window. Nothing of it goes to the network by itself. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // /dev/shm is small in containers, and what does not fit there crashes the page
  '--disable-dev-shm-usage',
];

/** What a page must have shown by then. Generous, for a machine that runs other tests. */
export const SHOWN_WITHIN_MS = 15_000;

export interface OpenPageOptions extends Pick<BrowserContextOptions, 'colorScheme' | 'viewport'> {
  /** The site under test: requests to any other are problems. Paths given to `page.goto` begin here. */
  readonly url: string;
}

/** A page in a context of its own: no cookies, storage or cache but its own. */
export interface OpenedPage {
  readonly page: Page;
  readonly watch: Watch;
  close(): Promise<void>;
}

export interface TestBrowser {
  open(options: OpenPageOptions): Promise<OpenedPage>;
  close(): Promise<void>;
}

/** Starts Chromium, installed where it is missing: that can take minutes. */
export async function launchBrowser(): Promise<TestBrowser> {
  const log = (line: string): void => void process.stderr.write(`browser: ${line}\n`);
  const executablePath = await findChromium({ log });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  return {
    open: (options) => openPage(browser, options),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, { url, ...options }: OpenPageOptions): Promise<OpenedPage> {
  const context = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  context.setDefaultTimeout(SHOWN_WITHIN_MS);
  const watch = await watchContext(context, url);
  return { page: await context.newPage(), watch, close: () => context.close() };
}
