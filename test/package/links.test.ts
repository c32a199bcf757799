import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './programs.js';

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'src/README.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** What the package does not carry, and packed pages may link to all the same: it is in the repository. */
const NOT_PACKED = /^(?:examples|src|CONTRIBUTING\.md|docs\/api)/;

interface Link {
  readonly target: string;
  readonly anchor: string | undefined;
}

/** The relative links of a page, seen from the root. Links in code blocks are code. */
function linksOf(page: string): Link[] {
  const text = prose(readFileSync(join(root, page), 'utf8'));
  return [...text.matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g)].map(([, target, anchor]) => ({
    target: target === '' ? page : join(dirname(page), target!),
    anchor,
  }));
}

function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*\]\([^`\n]*`/g, '');
}

/** The anchors of a page as GitHub makes them from its headings. */
function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...prose(readFileSync(join(root, page), 'utf8')).matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, heading]) => {
      const slug = heading!
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

describe('links', () => {
  it.each(pages)('of %s lead to a page, and to a heading of it', (page) => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('of packed pages lead to packed pages, or to the repository', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    const isPacked = (path: string): boolean =>
      path === 'README.md' ||
      path === 'LICENSE' ||
      (manifest.files.some((entry) => path.startsWith(entry.replace('**/*.md', ''))) &&
        !manifest.files.some((entry) => entry.startsWith('!') && path.startsWith(entry.slice(1))));
    const packed = pages.filter((page) => isPacked(page));
    expect(packed.length).toBeGreaterThan(20);
    const lost = packed.flatMap((page) =>
      linksOf(page)
        .filter(({ target }) => !isPacked(target) && !NOT_PACKED.test(target))
        .map(({ target }) => `${page}: ${target}`),
    );
    expect(lost).toEqual([]);
  });

  it('of the index lead to every page', () => {
    const linked = new Set(linksOf('docs/README.md').map(({ target }) => target));
    const unlinked = pages
      .map((page) => relative('docs', page))
      .filter((page) => !page.startsWith('..') && !page.includes('/') && page !== 'README.md')
      .filter((page) => !linked.has(join('docs', page)));
    expect(unlinked).toEqual([]);
  });
});
