/** A guard of the source, how it is switched off, and the tests of which at least one must then fail. */
export interface Guard {
  readonly about: string;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
}

/** @param tests - files or folders in `test/` */
export const guard = (
  about: string,
  file: string,
  [from, to]: readonly [string, string],
  ...tests: string[]
): Guard => ({
  about,
  file: `src/${file}`,
  from,
  to,
  tests: tests.map((test) => `test/${test}`),
});
