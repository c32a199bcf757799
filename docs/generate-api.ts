// Writes docs/api.md from the doc comments of every public name: `node docs/generate-api.ts`. A test holds it to them.
import { writeFileSync } from 'node:fs';
import { publicNames } from '../test/support/public-names.ts';

/** The page, as text. */
export function apiPage(): string {
  const names = publicNames();
  const sections = [...new Set(names.map(({ entry }) => entry))].map((entry) => {
    const rows = names
      .filter((each) => each.entry === entry)
      .map(({ name, kind, summary }) => `| \`${name}\` | ${kind} | ${cell(summary ?? '')} |`);
    return `## \`${entry}\`\n\n| name | | |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Public names\n\nGenerated from the doc comments; your editor shows the whole of each where you use it.\n\n${sections.join('\n')}`;
}

/** The first sentence, fit for a table. */
function cell(text: string): string {
  const sentence = /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
  return sentence.replaceAll('|', '\\|');
}

if (import.meta.main) writeFileSync(new URL('api.md', import.meta.url), apiPage());
