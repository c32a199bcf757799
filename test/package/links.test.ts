import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './programs.js';

const run = promisify(execFile);

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

  it('of packed pages lead to packed files', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>);
    const files = packed!.files.map(({ path }) => path);
    const pagesInside = files.filter((path) => path.endsWith('.md'));
    expect(pagesInside.length).toBeGreaterThan(20);
    const isPacked = (target: string): boolean =>
      files.some((path) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`));
    const lost = pagesInside.flatMap((page) =>
      linksOf(page)
        .filter(({ target }) => !isPacked(target))
        .map(({ target }) => `${page}: ${target}`),
    );
    expect(lost).toEqual([]);
  }, 60_000);

  it('of the index lead to every page', () => {
    const linked = new Set(linksOf('docs/README.md').map(({ target }) => target));
    const unlinked = pages
      .map((page) => relative('docs', page))
      .filter((page) => !page.startsWith('..') && !page.includes('/') && page !== 'README.md')
      .filter((page) => !linked.has(join('docs', page)));
    expect(unlinked).toEqual([]);
  });
});
