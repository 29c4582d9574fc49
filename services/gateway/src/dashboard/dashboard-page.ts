import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Request, RequestHandler } from 'express';
import express from 'express';
import { otherMethods } from '../api/bind.ts';
import { pageHeaders } from '../page-headers.ts';
import { Problem } from '../problem.ts';

/** What serves the dashboard. */
export interface DashboardPage {
  /** `GET /dashboard`: the page. */
  readonly page: RequestHandler;
  /** Before the handler of `GET /`: the page for who prefers HTML, as browsers do; the next handler for everyone else. */
  readonly forBrowsers: RequestHandler;
  /** Below `/dashboard/assets`: its files, whose names change with their contents. */
  readonly assets: RequestHandler[];
}

/**
 * Serves what `@oncelog/dashboard` has built. The page is read once, now; where it was not built, `/dashboard` says so
 * and `/` stays JSON.
 */
export function createDashboardPage(folder: string): DashboardPage {
  const html = readPage(folder);
  const setHeaders = pageHeaders();
  const send: RequestHandler = (request, response) => {
    if (html === undefined) {
      throw new Problem('not-found', { detail: 'The dashboard is not built: run npm run build.' });
    }
    // the page's links are relative to where it is without the slash
    if (request.path !== '/' && request.path.endsWith('/')) {
      response
        .status(308)
        .location(`../dashboard${queryOf(request)}`)
        .end();
      return;
    }
    // its files have other names after an upgrade
    response.set('Cache-Control', 'no-cache').type('html').send(html);
  };
  const page: RequestHandler = (request, response, next) => {
    setHeaders(request, response, (error?: unknown) => {
      if (error === undefined) void send(request, response, next);
      else next(error);
    });
  };
  const forBrowsers: RequestHandler = (request, response, next) => {
    response.vary('Accept');
    if (html !== undefined && request.accepts(['json', 'html']) === 'html')
      void page(request, response, next);
    else next();
  };
  const files = express.static(join(folder, 'assets'), {
    immutable: true,
    maxAge: '1y',
    index: false,
    redirect: false,
  });
  const others = otherMethods('GET, HEAD, OPTIONS');
  const onlyReads: RequestHandler = (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return others(request, response, next);
    response.removeHeader('Cache-Control'); // for the files to say
    next();
  };
  return { page, forBrowsers, assets: [onlyReads, setHeaders, files] };
}

function readPage(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'index.html'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start === -1 ? '' : originalUrl.slice(start);
}
