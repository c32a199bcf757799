import { formatValue, knownMembers } from '../../options/checks.js';
import type { ModelFacts } from '../../contracts/wire-format.js';

/**
 * What a trait may be: one of these words (`true` and `false` among them), any text, a whole number, or a list of texts.
 */
export type TraitCheck = readonly (string | boolean)[] | 'text' | 'count' | 'texts';

/** `true` or `false`. */
export const FLAG: TraitCheck = [true, false];

/**
 * Checks `models[…].format` of an endpoint.
 * @throws TypeError that begins with the trait's path: `format.thinking must be …`.
 */
export function checkTraits({ traits }: ModelFacts, checks: Readonly<Record<string, TraitCheck>>): void {
  // `promptCaching` is an option of every endpoint; formats that cache by themselves need not know it.
  const known = knownMembers('format', traits, [...Object.keys(checks), 'promptCaching'], 'trait');
  for (const [name, check] of Object.entries(checks)) {
    const value = known[name];
    if (value === undefined || value === null || fits(value, check)) continue;
    throw new TypeError(`format.${name} must be ${wordsFor(check)}, got ${formatValue(value)}.`);
  }
}

/** The traits that are among `checks` and fit them. */
export function usableTraits(
  { traits }: ModelFacts,
  checks: Readonly<Record<string, TraitCheck>>,
): Readonly<Record<string, unknown>> {
  const usable = Object.entries(checks).filter(([name, check]) => fits(traits[name], check));
  return Object.fromEntries(usable.map(([name]) => [name, traits[name]]));
}

function fits(value: unknown, check: TraitCheck): boolean {
  switch (check) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'count':
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case 'texts':
      return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
    default:
      return check.some((word) => word === value);
  }
}

function wordsFor(check: TraitCheck): string {
  if (check === 'text') return 'a text';
  if (check === 'count') return 'a whole number, 0 or more';
  if (check === 'texts') return 'a list of texts';
  return check
    .map((word) => (typeof word === 'string' ? `"${word}"` : String(word)))
    .join(', ')
    .replace(/, ([^,]+)$/, ' or $1');
}
