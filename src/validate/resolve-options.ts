import type { ValidateOptions } from '../options.js';

/** `ValidateOptions` with nothing left open. */
export type ResolvedValidateOptions = { readonly [Key in keyof ValidateOptions]-?: NonNullable<ValidateOptions[Key]> };

const CHOICES = ['pass', 'reject'] as const;

/** @throws TypeError that names the option, what came, and what would do. */
export function resolveValidateOptions(options: ValidateOptions): ResolvedValidateOptions {
  const { bodyLimit = 10_485_760, bodyTimeoutMs = 30_000 } = options;
  const { unknownFields = 'pass', unknownContentParts = 'reject' } = options;
  // An unusable limit must not end up as no limit.
  if (!Number.isSafeInteger(bodyLimit) || bodyLimit < 1)
    throw wrong('bodyLimit', bodyLimit, 'bytes, a whole number from 1');
  if (!(bodyTimeoutMs > 0 && bodyTimeoutMs <= MOST_MS)) {
    throw wrong('bodyTimeoutMs', bodyTimeoutMs, `milliseconds, more than 0 and at most ${MOST_MS}`);
  }
  if (!CHOICES.includes(unknownFields)) throw wrong('unknownFields', unknownFields, "'pass' or 'reject'");
  if (!CHOICES.includes(unknownContentParts))
    throw wrong('unknownContentParts', unknownContentParts, "'pass' or 'reject'");
  return { bodyLimit, bodyTimeoutMs, unknownFields, unknownContentParts };
}

/** The longest time that a timer of Node takes. */
const MOST_MS = 2 ** 31 - 1;

function wrong(name: keyof ValidateOptions, value: unknown, expected: string): TypeError {
  return new TypeError(`${name} must be ${expected}; got ${JSON.stringify(value) ?? String(value)}.`);
}
