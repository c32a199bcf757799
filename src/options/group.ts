import { anyMembers, nameHint, unknownOption } from './checks.js';
import type { OptionRow } from './row.js';

/** The options of a group by name. */
export type Rows = Readonly<Record<string, OptionRow<unknown, unknown>>>;

type KeysOf<Options> = Options extends unknown ? keyof Options : never;

/** One row for each option of the type: an option without a row, or a row without an option, does not compile. */
export type RowsFor<Options> = Readonly<Record<KeysOf<Options>, OptionRow<unknown, unknown>>>;

/** Every option of a group, checked, with its default where it is not set. */
export type Parsed<R extends Rows> = { readonly [Name in keyof R]: ReturnType<R[Name]['read']> };

interface GroupParts<R extends Rows> {
  /** Path of the options: `cache`, `providers.<key>.timeouts`; for a factory its name. */
  readonly path: string;
  /** What precedes an option's name in messages. @defaultValue the path and a dot */
  readonly prefix?: string;
  /** Names that options had before: old name → what to write now. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** What messages call a member. @defaultValue `'option'` */
  readonly member?: string;
  readonly rows: R;
}

/** A table of options that are in one object: the one place of their names, checks, defaults and texts. */
export class OptionGroup<R extends Rows = Rows> {
  readonly path: string;
  readonly rows: R;
  readonly renamed: ReadonlyMap<string, string>;
  readonly member: string;
  readonly #prefix: string;

  constructor({ path, prefix = `${path}.`, renamed = {}, member = 'option', rows }: GroupParts<R>) {
    this.path = path;
    this.rows = rows;
    this.renamed = new Map(Object.entries(renamed));
    this.member = member;
    this.#prefix = prefix;
  }

  /** The names that messages and docs show. */
  get names(): readonly string[] {
    return Object.entries(this.rows).flatMap(([name, row]) => (row.isInternal ? [] : [name]));
  }

  /** The group as a type in the docs. */
  get shape(): string {
    return `\`{ ${this.names.join(', ')} }\``;
  }

  /** Every option of this group in `options`; options of other groups are ignored. @throws TypeError */
  read(options: object, prefix = this.#prefix): Parsed<R> {
    const read = Object.entries(this.rows).map(([name, row]) => [
      name,
      row.read(prefix + name, Reflect.get(options, name)),
    ]);
    return Object.fromEntries(read) as Parsed<R>;
  }

  /** As `read`, but options of other groups are errors. */
  parse(value: unknown, path = this.path): Parsed<R> {
    const prefix = path === this.path ? this.#prefix : `${path}.`;
    return this.read(checkNames(path, value, [this]), prefix);
  }
}

/** A table of options. `rows` declares the type: `{ … } satisfies RowsFor<CacheOptions>`. */
export function defineOptions<R extends Rows>(parts: GroupParts<R>): OptionGroup<R> {
  return new OptionGroup(parts);
}

/**
 * `value` as an object whose members all belong to `groups`.
 * @param owner - what takes the options: `createGateway`, `cache`
 * @param others - groups that do not belong here: the error names the group of such an option
 * @throws TypeError that names the unknown option, and what to write instead
 */
export function checkNames(
  owner: string,
  value: unknown,
  groups: readonly OptionGroup[],
  others: readonly OptionGroup[] = [],
): Record<string, unknown> {
  const members = anyMembers(owner, value);
  for (const name of Object.keys(members)) {
    if (groups.some(({ rows }) => Object.hasOwn(rows, name))) continue;
    throw unknownOption(`${owner}: unknown ${groups[0]?.member ?? 'option'}`, name, hintFor(name, groups, others));
  }
  return members;
}

function hintFor(name: string, groups: readonly OptionGroup[], others: readonly OptionGroup[]): string {
  const now = groups.map(({ renamed }) => renamed.get(name)).find((to) => to !== undefined);
  if (now !== undefined) return `It is now ${now}.`;
  const home = others.find(({ rows }) => Object.hasOwn(rows, name) && rows[name]?.isInternal === false);
  if (home !== undefined) return `It is an option of ${home.path}.`;
  return nameHint(
    name,
    groups.flatMap(({ names }) => names),
  );
}
