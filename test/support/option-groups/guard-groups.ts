import { PATTERN, patternDetector } from '../../../src/guard/detect/pattern.js';
import { BLOCK_PATTERNS, blockPatterns, REDACT, redact } from '../../../src/guard/detector-guard.js';
import { GUARDS, INPUT_GUARD, OUTPUT_GUARD } from '../../../src/guard/guard-options.js';
import { guard } from '../../../src/stages.js';
import { gateway, type PublicGroup } from './public-group.js';

const ownGuard = { name: 'own', onError: 'open', check: () => 'pass' };

/** Checks of prompts and responses. */
export const guardGroups: readonly PublicGroup[] = [
  {
    heading: '`guards`',
    text: 'Of `createGateway({ guards })` and the stage `guard`.',
    group: GUARDS,
    type: ['GuardOptions', 'contracts/guard.ts'],
    at: 'guards.',
    base: {},
    take(options) {
      gateway({ guards: options });
      guard(options);
    },
  },
  {
    heading: '`guards.input[<n>]`',
    text: 'A guard of prompts; or what `redact` or `blockPatterns` returns.',
    group: INPUT_GUARD,
    type: ['InputGuard', 'contracts/guard.ts'],
    at: 'guards.input[0].',
    base: ownGuard,
    take: (given) => gateway({ guards: { input: [given] } }),
  },
  {
    heading: '`guards.output[<n>]`',
    text: 'A guard of responses; or what `redact` or `blockPatterns` returns.',
    group: OUTPUT_GUARD,
    type: ['OutputGuard', 'contracts/guard.ts'],
    at: 'guards.output[0].',
    base: ownGuard,
    take: (given) => gateway({ guards: { output: [given] } }),
  },
  {
    heading: '`redact(options)`',
    text: '',
    group: REDACT,
    type: ['RedactOptions', 'guard/detector-guard.ts'],
    at: 'redact.',
    base: {},
    take: redact,
  },
  {
    heading: '`blockPatterns(options)`',
    text: '',
    group: BLOCK_PATTERNS,
    type: ['BlockPatternsOptions', 'guard/detector-guard.ts'],
    at: 'blockPatterns.',
    base: {},
    take: blockPatterns,
  },
  {
    heading: '`detect.pattern(type, pattern, options)`',
    text: '',
    group: PATTERN,
    type: ['PatternOptions', 'guard/detect/pattern.ts'],
    at: 'detect.pattern.',
    base: {},
    take: (options) => patternDetector('own', /own/, options),
  },
];
