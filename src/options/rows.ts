import { boolean, count as checkCount, formatValue, milliseconds as checkMilliseconds } from './checks.js';
import { oneOf, optionError, text as checkText, texts } from './checks.js';
import { isRecord } from '../util/json-object.js';
import type { OptionGroup, Parsed, Rows } from './group.js';
import { custom, OptionRow } from './row.js';

// The kinds of options. The last argument of each is the option's text in the docs.

export function flag(text: string): OptionRow<boolean> {
  return custom('`true`, `false`', boolean, text);
}

/** A whole number from 1. @param unit - what is counted: `bytes`, `requests` */
export function count(unit: string, text: string): OptionRow<number> {
  return custom(`a number of ${unit}`, (path, value) => checkCount(path, value, unit), text);
}

export function milliseconds(text: string): OptionRow<number> {
  return custom('milliseconds', checkMilliseconds, text);
}

/** A number within limits. @param rule - the limits in words, after "must be": `a share between 0 and 0.5` */
export function numeric(rule: string, isValid: (value: number) => boolean, text: string): OptionRow<number> {
  return custom(
    rule,
    (path, value) => {
      if (typeof value !== 'number' || !isValid(value)) throw optionError(path, `must be ${rule}`, value);
      return value;
    },
    text,
  );
}

/** A whole number from 0. */
export function countOrNone(unit: string, text: string): OptionRow<number> {
  return numeric(`a whole number of ${unit}, 0 or more`, (value) => Number.isSafeInteger(value) && value >= 0, text);
}

/** A finite number from 0. */
export function amount(text: string): OptionRow<number> {
  return numeric('a number, 0 or more', (value) => value >= 0 && value < Infinity, text);
}

export function choice<const Word extends string>(words: readonly Word[], text: string): OptionRow<Word> {
  const type = words.map((word) => `\`'${word}'\``).join(', ');
  return custom(type, (path, value) => oneOf(path, value, words), text);
}

/** `true`, `false`, or one of these words. */
export function flagOr<const Word extends string>(words: readonly Word[], text: string): OptionRow<boolean | Word> {
  const rule = `must be ${words.map((word) => `"${word}"`).join(', ')}, true or false`;
  const check = (path: string, value: unknown): boolean | Word => {
    const known = typeof value === 'boolean' ? value : words.find((word) => word === value);
    if (known === undefined) throw optionError(path, rule, value);
    return known;
  };
  return custom(`${words.map((word) => `\`'${word}'\``).join(', ')}, \`true\`, \`false\``, check, text);
}

/** A list of some of these words, at least one. */
export function someOf<const Word extends string>(words: readonly Word[], text: string): OptionRow<readonly Word[]> {
  const type = `a list of ${words.map((word) => `\`'${word}'\``).join(', ')}`;
  const check = (path: string, value: unknown): readonly Word[] => {
    if (!Array.isArray(value) || value.length === 0) throw optionError(path, 'must be a list that is not empty', value);
    return value.map((entry: unknown, index) => oneOf(`${path}[${index}]`, entry, words));
  };
  return custom(type, check, text);
}

/** A string that matches `pattern`. @param rule - the form in words, after "must be" */
export function matching(pattern: RegExp, rule: string, text: string): OptionRow<string> {
  return custom(
    'a string',
    (path, value) => {
      if (typeof value !== 'string' || !pattern.test(value)) throw optionError(path, `must be ${rule}`, value);
      return value;
    },
    text,
  );
}

/** A non-empty string. */
export function word(text: string): OptionRow<string> {
  return custom('a string', checkText, text);
}

export function wordList(text: string): OptionRow<readonly string[]> {
  return custom('a list of strings', texts, text);
}

/** A function of the host. Its parameters and its result cannot be checked here, only by its type. */
export function func<Type>(signature: string, text: string): OptionRow<Type> {
  return custom(
    `\`${signature}\``,
    (path, value) => {
      if (typeof value !== 'function') throw optionError(path, 'must be a function', value);
      return value as Type;
    },
    text,
  );
}

/**
 * An object of the host that has `methods`.
 * @param type - what it is, for the docs
 * @param hint - where to get one, after the methods
 */
export function withMethods<Type>(
  type: string,
  methods: readonly (keyof Type & string)[],
  text: string,
  hint = '',
): OptionRow<Type> {
  return custom(
    type,
    (path, value) => {
      const missing = methods.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
      if (missing === undefined) return value as Type;
      const names = methods.join(', ');
      throw optionError(path, `must have the methods ${names}${hint}, got ${formatValue(value)} without ${missing}`);
    },
    text,
  );
}

export function abortSignal(text: string): OptionRow<AbortSignal> {
  return custom(
    'an `AbortSignal`',
    (path, value) => {
      if (value instanceof AbortSignal) return value;
      throw optionError(path, 'must be an AbortSignal', value);
    },
    text,
  );
}

/** Options within an option. */
export function nested<R extends Rows>(group: OptionGroup<R>, text: string): OptionRow<Parsed<R>> {
  return custom(group.shape, (path, value) => group.parse(value, path), text);
}

/** Options within an option, each with its default where the option itself is not set. */
export function nestedOrDefaults<R extends Rows>(group: OptionGroup<R>, text: string): OptionRow<Parsed<R>, Parsed<R>> {
  return new OptionRow<Parsed<R>, Parsed<R>>({
    type: group.shape,
    text,
    check: (path, value) => group.parse(value, path),
    unset: (path) => group.parse({}, path),
    shownDefault: 'the defaults of its members',
    isRequired: false,
    isInternal: false,
  });
}

/** Something that is off unless it is `true` or given options: `undefined` where it is off. */
export function switchable<R extends Rows>(group: OptionGroup<R>, text: string): OptionRow<Parsed<R> | undefined> {
  const check = (path: string, value: unknown): Parsed<R> | undefined => {
    if (value === false) return undefined;
    if (value === true) return group.parse({}, path);
    if (isRecord(value)) return group.parse(value, path);
    throw optionError(path, `must be true, false or { ${group.names.join(', ')} }`, value);
  };
  return custom(`\`true\`, \`false\`, ${group.shape}`, check, text).defaultsTo('`false`');
}

/** Not checked here: what it may be depends on other options, so it is checked where these are known. */
export function deferred(type: string, text: string): OptionRow<unknown> {
  return custom<unknown>(type, (_path, value) => value, text);
}

/** Any value, unchecked: only for tests of this package. */
export function internal<Type>(): OptionRow<Type> {
  return custom('anything', (_path, value) => value as Type, '').internal();
}
