import { parseArgs } from 'node:util';

/** Whole numbers from the command line: `--name N`. */
export function numbers<Name extends string>(defaults: Readonly<Record<Name, number>>): Record<Name, number> {
  const { values } = parseArgs({ options: optionsOf(Object.keys(defaults), []), strict: true });
  return { ...defaults, ...given(values) } as Record<Name, number>;
}

/** The same, with flags such as `--short`. Numbers that were not given are missing. */
export function numbersAndWords<Name extends string>(
  names: readonly Name[],
  words: readonly string[],
): { readonly numbers: Partial<Record<Name, number>>; readonly words: ReadonlySet<string> } {
  const { values } = parseArgs({ options: optionsOf(names, words), strict: true });
  const said = Object.entries(values).filter(([, value]) => value === true);
  return { numbers: given(values) as Partial<Record<Name, number>>, words: new Set(said.map(([name]) => name)) };
}

function optionsOf(names: readonly string[], words: readonly string[]) {
  return Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' as const }] as const),
    ...words.map((word) => [word, { type: 'boolean' as const }] as const),
  ]);
}

function given(values: Readonly<Record<string, unknown>>): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0)
      throw new TypeError(`--${name}: expected a number above 0, got "${value}".`);
    numbers[name] = number;
  }
  return numbers;
}
