import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from '../testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway();
});
afterAll(() => gateway.close());

const get = (path: string, method = 'GET') => fetch(`${gateway.url}${path}`, { method });

it('serves a page that may take nothing from elsewhere and runs nothing inline', async () => {
  const page = await get('/docs');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:/);
});

it('serves the files that the page names, to be kept, and no others', async () => {
  const html = await (await get('/docs')).text();
  const files = [...html.matchAll(/(?:href|src)="(\/docs\/[^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files).toHaveLength(5);
  for (const file of files) {
    const response = await get(file);
    expect([file, response.status]).toEqual([file, 200]);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
    expect((await get(file, 'POST')).status).toBe(405);
  }
  const [folder] = /\/docs\/swagger-ui-[\d.]+\//.exec(html) ?? [];
  for (const other of ['package.json', 'swagger-ui.js', 'index.html', '..%2fpackage.json'])
    expect((await get(`${folder}${other}`)).status).toBe(404);
});
