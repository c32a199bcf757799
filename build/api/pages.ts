// The API reference as Markdown: an index, and for each path that can be imported one page, or more where it is long.
import type { Member } from './members.ts';
import type { Entry, PublicName } from './model.ts';
import { themeOf, THEMES, type Theme } from './themes.ts';

/** File name below `docs/api` → its text. */
export function apiPages(entries: readonly Entry[]): Map<string, string> {
  const pages = new Map<string, string>();
  const indexed: string[] = [];
  for (const entry of entries) {
    const sections = sectionsOf(entry);
    const places = placesOf(sections);
    for (const file of new Set(sections.map((section) => section.file))) {
      const own = sections.filter((section) => section.file === file);
      pages.set(file, page(entry, file, own, places));
    }
    indexed.push(indexOf(entry, sections, places));
  }
  pages.set('README.md', [INTRO, ...indexed].join('\n'));
  return pages;
}

const INTRO = `# API

Every name that the package exports, generated from the doc comments that your editor shows. Options with their defaults are also in [one table](../options.md).
`;

interface Section {
  readonly title: string;
  readonly intro?: string;
  readonly names: readonly PublicName[];
  /** The page that it is on. */
  readonly file: string;
}

/** Where each name is described. */
type Places = ReadonlyMap<PublicName, { readonly file: string; readonly anchor: string }>;

/** Functions, classes and constants first, then types by theme. */
function sectionsOf({ path, names }: Entry): Section[] {
  const base = path.replaceAll('/', '-');
  const values = (['function', 'class', 'constant'] as const).map((kind) => ({
    title: { function: 'Functions', class: 'Classes', constant: 'Constants' }[kind],
    names: names.filter((each) => each.kind === kind),
    file: `${base}.md`,
  }));
  const types = names.filter(isType);
  const themes = THEMES.map((theme) => ({
    title: `Types: ${theme.title}`,
    intro: `The page of the theme: ${linkTo(theme)}.`,
    names: types.filter(({ file }) => themeOf(file) === theme),
    file: theme.ownPage === undefined ? `${base}.md` : `${base}-${theme.ownPage}.md`,
  }));
  return [...values, ...themes].filter((section) => section.names.length > 0);
}

/** GitHub's anchors: of equal headings on a page the later ones are numbered. */
function placesOf(sections: readonly Section[]): Places {
  const seen = new Map<string, number>();
  const places = new Map<PublicName, { file: string; anchor: string }>();
  for (const { names, file } of sections) {
    for (const each of names) {
      const slug = each.name.toLowerCase();
      const count = seen.get(`${file} ${slug}`) ?? 0;
      seen.set(`${file} ${slug}`, count + 1);
      places.set(each, { file, anchor: count === 0 ? slug : `${slug}-${count}` });
    }
  }
  return places;
}

function indexOf({ path }: Entry, sections: readonly Section[], places: Places): string {
  const lists = sections.map(({ title, names }) => {
    const links = names.map((each) => {
      const { file, anchor } = places.get(each)!;
      return `[\`${headingOf(each)}\`](${file}#${anchor})`;
    });
    return `**${title}**: ${links.join(' · ')}`;
  });
  return `## \`${path}\`\n\n${lists.join('\n\n')}\n`;
}

function page(entry: Entry, file: string, sections: readonly Section[], places: Places): string {
  const byName = new Map<string, string>();
  for (const each of entry.names) {
    const place = places.get(each)!;
    byName.set(each.name, `${place.file === file ? '' : place.file}#${place.anchor}`);
  }
  const [first] = sections[0]!.names;
  const body = sections.map(({ title, intro, names }) =>
    [`## ${title}`, intro, ...names.map((each) => described(each, byName))].filter(Boolean).join('\n\n'),
  );
  const head = [
    `# \`${entry.path}\``,
    'Generated from the doc comments. [All names](README.md)',
    code(`import ${isType(first!) ? 'type ' : ''}{ ${first!.name} } from '${entry.path}';`),
  ];
  return `${[...head, ...body].join('\n\n')}\n`;
}

function isType({ kind }: PublicName): boolean {
  return kind === 'interface' || kind === 'type';
}

function linkTo({ page }: Theme): string {
  return `[${page.replace(/(?:\/README)?\.md$/, '')}](../${page})`;
}

function headingOf({ name, kind }: PublicName): string {
  return kind === 'function' ? `${name}()` : name;
}

function described(each: PublicName, links: ReadonlyMap<string, string>): string {
  const { doc, signatures, inherits, members } = each;
  const parts = [
    `### \`${headingOf(each)}\``,
    doc.text,
    signatures.length > 0 ? code(signatures.join('\n')) : undefined,
    [...doc.params].map(([name, text]) => `- \`${name}\`: ${text}`).join('\n'),
    doc.returns === undefined ? undefined : `Returns ${doc.returns}`,
    ...doc.throws.map((text) => `Throws ${text}`),
    inherits.length > 0 ? `Has the members of ${inherits.map((type) => `\`${type}\``).join(', ')} as well.` : undefined,
    members.length > 0 ? shown(each) : undefined,
    ...doc.examples.map((example) => code(example)),
    doc.see.length > 0 ? `See ${doc.see.join(', ')}` : undefined,
    [mentioned(each, links), isType(each) ? '' : `Page: ${linkTo(themeOf(each.file))}`].filter(Boolean).join(' · '),
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** Links to the public types in signatures and members. */
function mentioned({ name, signatures, inherits, members }: PublicName, links: ReadonlyMap<string, string>): string {
  const text = [...signatures, ...inherits, ...members.map(({ type }) => type)].join(' ');
  const words = new Set(text.match(/(?<![.\w'"])[A-Z]\w+/g));
  const found = [...words].filter((word) => word !== name && links.has(word));
  return found.length === 0 ? '' : `Types: ${found.map((word) => `[\`${word}\`](${links.get(word)})`).join(', ')}`;
}

/** Of a constant whose members say nothing more than their names, these alone. */
function shown({ kind, members }: PublicName): string {
  if (kind !== 'constant' || members.some(({ doc }) => doc.text !== '')) return table(members);
  return members.map(({ name }) => `\`${name}\``).join(' · ');
}

function table(members: readonly Member[]): string {
  const hasDefaults = members.some(({ doc }) => doc.defaultValue !== undefined);
  const rows = members.map(({ name, type, doc }) => {
    const cells = [`\`${name}\``, `\`${type}\``, ...(hasDefaults ? [doc.defaultValue ?? ''] : []), textOf(doc)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  });
  const head = hasDefaults ? '| member | type | default | |\n|---|---|---|---|' : '| member | type | |\n|---|---|---|';
  return `${head}\n${rows.join('\n')}`;
}

function textOf({ text, throws, see }: Member['doc']): string {
  return [text, ...throws.map((each) => `Throws ${each}`), ...see.map((each) => `See ${each}`)]
    .filter(Boolean)
    .join(' ');
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
