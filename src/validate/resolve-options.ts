import { optionError } from '../options/checks.js';
import type { ValidateOptions } from '../options/types.js';

/** `ValidateOptions` with nothing left open. */
export type ResolvedValidateOptions = { readonly [Key in keyof ValidateOptions]-?: NonNullable<ValidateOptions[Key]> };

const CHOICES = ['pass', 'reject'] as const;

/** @throws TypeError that names the option, what came, and what would do. */
export function resolveValidateOptions(options: ValidateOptions): ResolvedValidateOptions {
  const { bodyLimit = 10_485_760, bodyTimeoutMs = 30_000 } = options;
  const { unknownFields = 'pass', unknownContentParts = 'reject', unknownTools = 'reject' } = options;
  // An unusable limit must not end up as no limit.
  if (!Number.isSafeInteger(bodyLimit) || bodyLimit < 1)
    throw optionError('bodyLimit', 'must be bytes, a whole number from 1', bodyLimit);
  if (!(bodyTimeoutMs > 0 && bodyTimeoutMs <= MOST_MS)) {
    throw optionError('bodyTimeoutMs', `must be milliseconds, more than 0 and at most ${MOST_MS}`, bodyTimeoutMs);
  }
  if (!CHOICES.includes(unknownFields)) throw optionError('unknownFields', "must be 'pass' or 'reject'", unknownFields);
  if (!CHOICES.includes(unknownContentParts))
    throw optionError('unknownContentParts', "must be 'pass' or 'reject'", unknownContentParts);
  if (!CHOICES.includes(unknownTools)) throw optionError('unknownTools', "must be 'pass' or 'reject'", unknownTools);
  return { bodyLimit, bodyTimeoutMs, unknownFields, unknownContentParts, unknownTools };
}

/** The longest time that a timer of Node takes. */
const MOST_MS = 2 ** 31 - 1;
