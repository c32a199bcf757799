import type { FailureKind } from '../../upstream-failure.js';

/** One cause of upstream errors, and how vendors report it. */
export interface ErrorRow {
  readonly kind: FailureKind;
  /** Codes, types and reasons, in lower case. */
  readonly codes?: ReadonlySet<string>;
  /** Matches the message. */
  readonly pattern?: RegExp;
  /** `pattern` applies to a 4xx only: in a 5xx "the model is not available" means "at the moment". */
  readonly only4xx?: true;
}

/** The codes in `list`, which are separated by white space. */
export const codeSet = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** One expression that ignores case and matches what any of `alternatives` matches; earlier ones are tried first. */
export function anyOf(...alternatives: readonly RegExp[]): RegExp {
  return new RegExp(sourcesOf(alternatives), 'i');
}

/** `start`, followed by any of `endings`. */
export function withEndings(start: RegExp, endings: readonly RegExp[]): RegExp {
  return new RegExp(`${start.source}(?:${sourcesOf(endings)})`);
}

function sourcesOf(alternatives: readonly RegExp[]): string {
  return alternatives.map(({ source }) => source).join('|');
}
