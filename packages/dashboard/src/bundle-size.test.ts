import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { dashboardFolder } from './dashboard-folder.ts';

const MAX_GZIP_BYTES = 150_000;

const files = readdirSync(dashboardFolder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => ({ name: entry.name, bytes: readFileSync(`${entry.parentPath}/${entry.name}`) }));

it('stays below 150 kB in all, as gzip sends it', () => {
  const sizes = files.map(({ name, bytes }) => ({ name, gzip: gzipSync(bytes).length }));
  const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0);

  expect(sizes.map(({ name }) => name)).toContain('index.html');
  expect(total, JSON.stringify(sizes)).toBeLessThan(MAX_GZIP_BYTES);
});

it('names nothing on another host, and has no inline script or style that its policy would refuse', () => {
  const text = files.map(({ bytes }) => bytes.toString()).join('\n');
  const hosts = [...text.matchAll(/(?:https?:)?\/\/([a-z0-9.-]+\.[a-z]{2,})/gi)].map(([, host]) => host);
  const html = files.find(({ name }) => name === 'index.html')?.bytes.toString() ?? '';

  // a namespace, which nobody fetches
  expect([...new Set(hosts)].filter((host) => host !== 'www.w3.org')).toEqual([]);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/);
});
