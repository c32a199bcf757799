import { isUnset } from './checks.js';

/** Checks a value that is set and returns it in the form that the code uses. @throws TypeError that names `path` */
export type Check<Value> = (path: string, value: unknown) => Value;

/** The members of a row. */
interface RowParts<Value, Unset> {
  /** What the option takes, as the docs show it: `'pass' \| 'reject'`, `milliseconds`. */
  readonly type: string;
  /** What it is for: one or two sentences of Markdown. */
  readonly text: string;
  readonly check: Check<Value>;
  /** The value of an option that is not set. @throws TypeError where it must be set */
  readonly unset: (path: string) => Unset;
  /** How the docs show that value; `undefined`: there is none. */
  readonly shownDefault: string | undefined;
  readonly isRequired: boolean;
  readonly isInternal: boolean;
}

/** The row of one option in the table of its group: check, default and text. */
export class OptionRow<Value, Unset = undefined> {
  readonly #parts: RowParts<Value, Unset>;

  constructor(parts: RowParts<Value, Unset>) {
    this.#parts = parts;
  }

  get type(): string {
    return this.#parts.type;
  }

  get text(): string {
    return this.#parts.text;
  }

  get shownDefault(): string | undefined {
    return this.#parts.shownDefault;
  }

  get isRequired(): boolean {
    return this.#parts.isRequired;
  }

  /** Only for tests of this package: neither documented nor suggested. */
  get isInternal(): boolean {
    return this.#parts.isInternal;
  }

  /** The option's value: checked where it is set, else the default. @throws TypeError that names `path` */
  read(path: string, value: unknown): Value | Unset {
    return isUnset(value) ? this.#parts.unset(path) : this.#parts.check(path, value);
  }

  /** This row with a default. @param shown - how the docs show it, where code would not be clear */
  or(value: Value, shown = formatDefault(value)): OptionRow<Value, Value> {
    return new OptionRow<Value, Value>({ ...this.#parts, unset: () => value, shownDefault: shown });
  }

  /** This row with a default that another option or the environment decides; `shown` describes it. */
  defaultsTo(shown: string): OptionRow<Value, Unset> {
    return new OptionRow<Value, Unset>({ ...this.#parts, shownDefault: shown });
  }

  /** This row, refused where the option is not set. The check must refuse `undefined`. */
  required(): OptionRow<Value, Value> {
    const { check } = this.#parts;
    return new OptionRow<Value, Value>({ ...this.#parts, unset: (path) => check(path, undefined), isRequired: true });
  }

  internal(): OptionRow<Value, Unset> {
    return new OptionRow<Value, Unset>({ ...this.#parts, isInternal: true });
  }
}

/** A row with a check of its own. `type` is Markdown. */
export function custom<Value>(type: string, check: Check<Value>, text: string): OptionRow<Value> {
  return new OptionRow<Value>({
    type,
    text,
    check,
    unset: () => undefined,
    shownDefault: undefined,
    isRequired: false,
    isInternal: false,
  });
}

/** A default as code: `` `1_000` ``. */
function formatDefault(value: unknown): string {
  if (typeof value === 'number') return `\`${String(value).replaceAll(/\B(?=(\d{3})+$)/g, '_')}\``;
  return typeof value === 'string' ? `\`'${value}'\`` : `\`${JSON.stringify(value)}\``;
}
