/** In lib.es2023 these are missing; every supported Node has them. */
const json = JSON as typeof JSON & {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** 16 digits, or an exponent of three: only such a number can lose digits as a double. */
const MAY_LOSE_DIGITS = /\d(?:\.?\d){15}|\d[eE][+-]?\d{3}/;
/** `toPrecision` gives no more. */
const MAX_PRECISION = 100;

/**
 * As `JSON.parse`, but a number that a double cannot hold (9007199254740993, 1e400) becomes an object that
 * `JSON.stringify` writes digit for digit. Texts without such a number cost one scan more.
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  return parseKeeping(text, losesDigits);
}

/** As `parseExact`, and beside such a number each other one keeps its spelling too: `1.00`. @throws SyntaxError */
export function parseAsWritten(text: string): unknown {
  return parseKeeping(text, () => true);
}

function parseKeeping(text: string, isKept: (source: string, value: number) => boolean): unknown {
  if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as unknown;
  return json.parse(text, (_key: string, value: unknown, { source }: { readonly source?: string }) => {
    if (typeof value !== 'number' || source === undefined || source === String(value)) return value;
    return isKept(source, value) ? json.rawJSON(source) : value;
  });
}

/** A number that is written out as `text`, digit for digit. */
export function exactNumber(text: string): object {
  return json.rawJSON(text);
}

/** Whether `value` is a number that was kept because a double would lose digits of it. */
export function isExactNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

/** The nearest JavaScript number of one that was kept. */
export function doubleOf(exact: object): number {
  return Number((exact as { readonly rawJSON: string }).rawJSON);
}

/** Other spellings of the same number (`1.0`, `1E3`, all digits of a double) lose nothing. */
function losesDigits(source: string, value: number): boolean {
  const digits = significantDigits(source);
  // Written as 1e+22, an integer would become a float in some languages.
  if (digits !== '' && /^-?\d+$/.test(source)) return true;
  if (!Number.isFinite(value) || digits.length > MAX_PRECISION) return true;
  return digits !== '' && significantDigits(value.toPrecision(digits.length)) !== digits;
}

/** Digits of a number without sign, point, exponent, and the zeros around them. */
function significantDigits(number: string): string {
  const mantissa = number.replace(/[eE].*$/, '').replace(/[-.]/g, '');
  return mantissa.replace(/^0+/, '').replace(/0+$/, '');
}
