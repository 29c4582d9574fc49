import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboardFolder } from '@oncelog/dashboard';
import { listen } from '@oncelog/service-kit';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';
import { createDashboardPage } from './dashboard-page.ts';

/** What Chromium and Firefox send for a page. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, { headers, redirect: 'manual' });
const typeOf = (response: Response): string => response.headers.get('content-type') ?? '';

describe('GET /', () => {
  it.each([BROWSER, 'text/html', 'text/html, application/json;q=0.9'])(
    'is the page for %s',
    async (accept) => {
      const response = await get('/', { accept });
      expect([response.status, typeOf(response), response.headers.get('vary')]).toEqual([
        200,
        'text/html; charset=utf-8',
        'Accept',
      ]);
      expect(await response.text()).toContain('<title>');
    },
  );

  it.each(['*/*', 'application/json', 'application/json, text/html', 'text/plain'])(
    'stays JSON for %s',
    async (accept) => {
      const response = await get('/', { accept });
      expect([response.status, response.headers.get('vary')]).toEqual([200, 'Accept']);
      expect(await response.json()).toMatchObject({ service: 'oncelog' });
      expect(response.headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
    },
  );
});

describe('GET /dashboard', () => {
  it('is the page, checked for a newer one each time, under a strict policy', async () => {
    const { status, headers } = await get('/dashboard');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('sends who writes a slash behind it to where its links are right', async () => {
    const response = await get('/dashboard/?view=events');
    expect([response.status, response.headers.get('location')]).toEqual([308, '../dashboard?view=events']);
  });

  it('has its files beside it, to be kept for ever', async () => {
    const html = await (await get('/dashboard')).text();
    const paths = [...html.matchAll(/"\.(\/dashboard\/assets\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(paths.map((path) => path.replace(/.*\./, '')).sort()).toEqual(['css', 'js']);
    for (const path of paths) {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each([
    '/dashboard/nothing',
    '/dashboard/assets/nothing.js',
    '/dashboard/assets/',
    '/dashboard/assets/..%2f..%2findex.js',
  ])('answers %s with a problem', async (path) => {
    const response = await get(path);
    expect([response.status, typeOf(response)]).toEqual([404, 'application/problem+json; charset=utf-8']);
  });

  it('takes no other method', async () => {
    const response = await fetch(`${gateway.url}/dashboard`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

it('says so where it was not built, and leaves / alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oncelog-dashboard-'));
  const { page, forBrowsers } = createDashboardPage(folder);
  const app = express();
  app.get('/', forBrowsers, (_request, response) => {
    response.json({ service: 'oncelog' });
  });
  app.get('/dashboard', page);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  const root = await fetch(url, { headers: { accept: BROWSER } });
  const dashboard = await fetch(`${url}/dashboard`);

  expect(await root.json()).toEqual({ service: 'oncelog' });
  expect(dashboard.ok).toBe(false);
  await server.close();
  rmSync(folder, { recursive: true });
});

it('knows where the page is built', () => expect(dashboardFolder).toMatch(/packages\/dashboard\/dist\/app$/));
