import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A type that a public declaration mentions. */
export interface MentionedType {
  readonly name: string;
  /** The public name whose declaration mentions it. */
  readonly mentionedBy: string;
}

interface Module {
  readonly text: string;
  /** Local name → file and name there. */
  readonly imports: ReadonlyMap<string, { readonly file: string; readonly name: string }>;
  /** Name → its declaration. */
  readonly declarations: ReadonlyMap<string, string>;
}

/**
 * The types of this package that the declarations of its public names mention and that are not public themselves: a
 * project with `declaration: true` cannot name them (TS2742).
 * @param entries - the `.d.ts` files of all entries
 */
export function unnamedTypes(entries: readonly string[]): MentionedType[] {
  const modules = new Map<string, Module>();
  const moduleAt = (file: string): Module => {
    const known = modules.get(file) ?? readModule(file);
    modules.set(file, known);
    return known;
  };
  const exported = entries.flatMap((entry) => [...moduleAt(entry).imports]);
  const isPublic = new Set(exported.map(([, { file, name }]) => `${file} ${name}`));
  return exported.flatMap(([publicName, { file, name }]) => {
    const module = moduleAt(file);
    const declaration = module.declarations.get(name) ?? '';
    const words = new Set(declaration.match(/(?<![.\w'"#])[A-Z]\w+/g));
    return [...words]
      .map((word) => ({ word, at: module.imports.get(word) ?? { file, name: word } }))
      .filter(({ at }) => moduleAt(at.file).declarations.has(at.name) && !isPublic.has(`${at.file} ${at.name}`))
      .map(({ word }) => ({ name: word, mentionedBy: publicName }));
  });
}

function readModule(file: string): Module {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const imports = new Map<string, { file: string; name: string }>();
  for (const [, names = '', from = ''] of text.matchAll(/(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/g)) {
    for (const entry of names.split(',').map((part) => part.replace(/^\s*type /, '').trim())) {
      const [name = '', local = name] = entry.split(' as ');
      if (name !== '') imports.set(local, { file: join(file, '..', from.replace(/\.js$/, '.d.ts')), name });
    }
  }
  const declarations = new Map<string, string>();
  const starts = [
    ...text.matchAll(/^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/gm),
  ];
  for (const [position, { 1: name = '', index }] of starts.entries()) {
    declarations.set(name, (declarations.get(name) ?? '') + text.slice(index, starts[position + 1]?.index));
  }
  return { text, imports, declarations };
}
