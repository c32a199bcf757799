// Writes docs/options.md from the option tables: `node docs/generate-options.ts`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { PublicGroup } from '../test/support/option-groups/public-group.ts';

const INTRO = `# Options

Generated from the tables that check the options. Times are milliseconds, sizes bytes, prices USD per million tokens.
\`null\` means "not set", as \`undefined\` does. An invalid option is refused at start-up with a \`TypeError\` that names its path, what came, and what would do.
`;

/** The page, as text. */
export function optionsPage(groups: readonly PublicGroup[]): string {
  const shown = groups.filter(({ group }) => group.names.length > 0);
  return [INTRO, ...shown.map(section)].join('\n');
}

function section({ heading, text, group }: PublicGroup): string {
  const rows = Object.entries(group.rows)
    .filter(([, row]) => !row.isInternal)
    .map(
      ([name, row]) =>
        `| \`${name}\` | ${row.type} | ${row.isRequired ? 'required' : (row.shownDefault ?? '')} | ${row.text} |`,
    );
  const paragraphs = [
    `## ${heading}`,
    text,
    ['| option | takes | default | |', '|---|---|---|---|', ...rows].join('\n'),
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}

if (import.meta.main) {
  // The sources import each other by the names that they are built to.
  registerHooks({
    resolve(specifier, context, next) {
      const isSource = specifier.startsWith('.') && context.parentURL?.includes('/node_modules/') === false;
      return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
    },
  });
  const { optionGroups } = await import('../test/support/option-groups.ts');
  writeFileSync(new URL('options.md', import.meta.url), optionsPage(optionGroups));
}
