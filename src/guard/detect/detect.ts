import type { Detector } from '../../contracts/guard.js';
import { apiKeyDetector } from './api-key.js';
import { cardDetector } from './card.js';
import { emailDetector } from './email.js';
import { ibanDetector } from './iban.js';
import { jwtDetector } from './jwt.js';
import { patternDetector, type PatternOptions } from './pattern.js';
import { privateKeyDetector } from './private-key.js';

/**
 * Detectors for `redact()` and `blockPatterns()`. Each finds its values in streams too, wherever chunks are cut, and in
 * strings that JSON has escaped.
 *
 * @example
 * redact({ detect: [detect.email(), detect.iban(), detect.pattern('ticket', /TICKET-\d{6}/)] })
 */
export const detect = {
  /** E-mail addresses. */
  email: (): Detector => emailDetector,
  /** IBANs with right check digits (mod 97). */
  iban: (): Detector => ibanDetector,
  /** Payment card numbers that pass Luhn's check. */
  card: (): Detector => cardDetector,
  /** JSON web tokens. */
  jwt: (): Detector => jwtDetector,
  /** Private keys in PEM. */
  privateKey: (): Detector => privateKeyDetector,
  /** API keys of common vendors: `sk-…`, `ghp_…`, `AKIA…`, `AIza…` and others. */
  apiKey: (): Detector => apiKeyDetector,
  /** What a regular expression of yours matches. `type` names it in placeholders. */
  pattern: (type: string, pattern: RegExp, options?: PatternOptions): Detector =>
    patternDetector(type, pattern, options),
} as const;

/** Every built-in detector. */
export function builtInDetectors(): readonly Detector[] {
  return [emailDetector, ibanDetector, cardDetector, jwtDetector, privateKeyDetector, apiKeyDetector];
}
