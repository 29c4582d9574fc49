import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, markdownFiles, readMarkdown, relativeLinks, repositoryRoot } from './markdown-files.ts';
import { FILES_WITH_SETTINGS, unaligned, withSettingsTables } from './settings-tables.ts';

describe('settings tables', () => {
  it.each(FILES_WITH_SETTINGS)(
    '%s lists the settings as they are (`npm run docs:settings` writes them)',
    (file) => {
      const written = readMarkdown(file);
      expect(written).toMatch(/<!-- settings of \w+ -->/);
      expect(unaligned(written)).toBe(unaligned(withSettingsTables(written)));
    },
  );
});

describe('links', () => {
  it.each(markdownFiles())('of %s lead to files and headings that exist', (file) => {
    const broken = relativeLinks(readMarkdown(file)).filter((link) => !leadsSomewhere(file, link));
    expect(broken).toEqual([]);
  });
});

describe('docs/guarantees.md', () => {
  /** `- [file.test.ts](../path/file.test.ts): "name of the test"` */
  const NAMED_TEST = /\]\(\.\.\/(\S+\.test\.ts)\): "(.+?)"/g;
  const named = [...readMarkdown('docs/guarantees.md').matchAll(NAMED_TEST)].map(
    ([, path = '', name = '']) => ({
      path,
      name,
    }),
  );

  it.each(named)('names a test that exists: $name', ({ path, name }) => {
    expect(readMarkdown(path)).toContain(`'${name}'`);
  });

  it.each(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'])('names a test for %s', (invariant) => {
    const section = readMarkdown('docs/guarantees.md')
      .split(/^## /m)
      .find((text) => text.startsWith(`${invariant}:`));
    expect(section).toMatch(NAMED_TEST);
  });
});

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', fragment] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (!existsSync(join(repositoryRoot, target))) return false;
  return fragment === undefined || anchors(readMarkdown(target)).includes(fragment);
}
