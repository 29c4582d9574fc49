import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** With a trailing slash. */
export const repositoryRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** Every Markdown file of the repository, from its root. */
export function markdownFiles(): string[] {
  const patterns = ['*.md', '{docs,infra}/**/*.md', '{packages,services}/*/*.md'];
  return globSync(patterns, { cwd: repositoryRoot }).sort();
}

export function readMarkdown(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** The text without blocks and spans of code, in which brackets are no links and `#` begins no heading. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, 'code');
}

/** The targets of `[text](target)` that lie in the repository: a path, a fragment, or both. */
export function relativeLinks(markdown: string): string[] {
  const targets = [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The fragments by which the headings of a file are reached, as GitHub makes them. */
export function anchors(markdown: string): string[] {
  const text = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => slug(heading ?? ''));
}

function slug(heading: string): string {
  const kept = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
  return kept.trim().replaceAll(/\s/g, '-');
}
