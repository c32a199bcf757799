import { readFileSync } from 'node:fs';

/** One public name, with the first paragraph of its doc comment. */
export interface PublicName {
  readonly name: string;
  readonly kind: string;
  readonly entry: string;
  /** First paragraph of its doc comment; `undefined` where it has none. */
  readonly summary: string | undefined;
}

const source = new URL('../../src/', import.meta.url);
const ENTRIES = {
  'nordlys-proxy': 'index.ts',
  'nordlys-proxy/aws': 'aws/index.ts',
  'nordlys-proxy/router': 'router/index.ts',
  'nordlys-proxy/status-page': 'status-page/index.ts',
  'nordlys-proxy/testing': 'testing/index.ts',
  'nordlys-proxy/undici': 'undici/index.ts',
} as const;

/** Every name that the package exports, in the order of its index files. */
export function publicNames(): PublicName[] {
  return Object.entries(ENTRIES).flatMap(([entry, file]) => {
    const index = readFileSync(new URL(file, source), 'utf8');
    const lists = [...index.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)];
    return lists.flatMap(([, names = '', from = '']) => {
      const module = readFileSync(new URL(from.replace(/\.js$/, '.ts'), new URL(file, source)), 'utf8');
      return names
        .split(',')
        .map((name) => name.replace('type ', '').trim())
        .filter(Boolean)
        .map((name) => ({ name, entry, ...declarationOf(name, module) }));
    });
  });
}

function declarationOf(name: string, module: string): Pick<PublicName, 'kind' | 'summary'> {
  const declaration = new RegExp(
    `^export (?:declare )?(?:async )?(function\\*?|class|const|interface|type) ${name}\\b`,
    'm',
  ).exec(module);
  if (declaration === null) return { kind: 'unknown', summary: undefined };
  const before = module.slice(0, declaration.index).trimEnd();
  const comment = before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : undefined;
  return { kind: declaration[1]!, summary: comment === undefined ? undefined : firstParagraph(comment) };
}

function firstParagraph(comment: string): string {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim());
  const text =
    lines
      .join('\n')
      .trim()
      .split(/\n\s*\n|\n@/, 1)[0] ?? '';
  return text.replaceAll('\n', ' ').trim();
}
