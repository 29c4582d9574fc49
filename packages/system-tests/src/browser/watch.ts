import type { BrowserContext, Page } from 'playwright-core';

/** What pages complain of, and what they ask for. */
export interface Watch {
  /** What went wrong since the last `forget`, in words. A page that works has none. */
  problems(): readonly string[];
  /** Forgets problems that the test has caused itself. Those that do not match stay, and fail it. */
  forget(expected: RegExp): void;
  /** Every URL that was asked for. */
  readonly requests: readonly string[];
}

/**
 * Watches every page of a context: errors on the console, exceptions that nobody caught, requests that failed, what the
 * Content-Security-Policy has blocked, requests to another site than `url`.
 */
export async function watchContext(context: BrowserContext, url: string): Promise<Watch> {
  const { origin } = new URL(url);
  let problems: string[] = [];
  const requests: string[] = [];
  context.on('console', (message) => {
    const kind = message.type();
    if (kind !== 'error' && kind !== 'warning') return;
    problems.push(`console ${kind}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => problems.push(`exception: ${error.error().stack}`));
  context.on('request', (request) => {
    requests.push(request.url());
    if (!isWithin(origin, request.url())) problems.push(`request to another site: ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'unknown';
    // The page itself gave up on it: it left a view, or asks for something newer.
    if (reason !== 'net::ERR_ABORTED') problems.push(`request failed: ${request.url()} ${reason}`);
  });
  await context.exposeFunction('reportViolation', (what: string) =>
    problems.push(`Content-Security-Policy: ${what}`),
  );
  await context.addInitScript(() => {
    const page = globalThis as unknown as { reportViolation(what: string): void; layoutShift: number };
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      page.reportViolation(`${violatedDirective} blocked ${blockedURI} (${sourceFile})`),
    );
    page.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & Shift)[])
        if (!entry.hadRecentInput) page.layoutShift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return {
    requests,
    problems: () => problems,
    forget(expected) {
      problems = problems.filter((problem) => !expected.test(problem));
    },
  };
}

interface Shift {
  readonly value: number;
  readonly hadRecentInput: boolean;
}

/**
 * The sum of all layout shifts without input since the page was loaded; the `layout-shift` of Core Web Vitals, which
 * calls 0.1 good, is at most this.
 */
export const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { layoutShift: number }).layoutShift);

function isWithin(origin: string, url: string): boolean {
  return /^(data|blob|about):/.test(url) || new URL(url).origin === origin;
}
