import type {
  Detector,
  DetectorGuard,
  DetectorPlaceholders,
  GuardBlock,
  InputSurface,
  OutputChannel,
} from '../contracts/guard.js';
import { anyMembers, optionError, text } from '../options/checks.js';
import { defineOptions, type Parsed, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { choice, flag, someOf, word } from '../options/rows.js';
import { builtInDetectors } from './detect/detect.js';
import { patternDetector } from './detect/pattern.js';
import { AFTER_COMMIT, BEFORE_COMMIT, CHANNELS, SURFACES } from './guard-values.js';
import { ConversationPlaceholders } from './placeholders.js';

/** What `redact()` and `blockPatterns()` have in common. */
export interface DetectorGuardOptions {
  /** Names the guard in errors, headers and metrics. Unique within its list. */
  readonly name?: string | undefined;
  /** Added to the versions of the detectors in the cache key. */
  readonly version?: string | undefined;
  /** What the guard looks for. @defaultValue every built-in detector */
  readonly detect?: readonly Detector[] | undefined;
  /** Texts of the prompt that it is shown. @defaultValue all */
  readonly surfaces?: readonly InputSurface[] | undefined;
  /** Texts of the response that it is shown. @defaultValue all */
  readonly channels?: readonly OutputChannel[] | undefined;
  /** What happens when a detector of yours throws. @defaultValue `'closed'` */
  readonly onError?: 'open' | 'closed' | undefined;
}

/** What `redact()` takes. */
export interface RedactOptions extends DetectorGuardOptions {
  /** Names the guard in errors, headers and metrics. Unique within its list. @defaultValue `'redact'` */
  readonly name?: string | undefined;
  /** Values taken out of a prompt are put back where the response names their placeholders. @defaultValue `false` */
  readonly restore?: boolean | undefined;
  /**
   * Key of the placeholders (HMAC-SHA-256), 16 characters or more. Give all processes the same one, so that a
   * conversation keeps its placeholders.
   * @defaultValue random, for each call of `redact()`
   */
  readonly secret?: string | undefined;
}

/** What `blockPatterns()` takes. */
export interface BlockPatternsOptions extends DetectorGuardOptions {
  /** Names the guard in errors, headers and metrics. Unique within its list. @defaultValue `'block-patterns'` */
  readonly name?: string | undefined;
  /** More to look for; in streams with a window of 128 characters (see `detect.pattern`). */
  readonly patterns?: readonly RegExp[] | undefined;
  /** `code` of the error. @defaultValue `'content_blocked'` */
  readonly code?: string | undefined;
  /** `message` of the error. */
  readonly message?: string | undefined;
  /** See `OutputGuard.beforeCommit`. @defaultValue `'reject'` */
  readonly beforeCommit?: 'reject' | 'next' | undefined;
  /** See `OutputGuard.afterCommit`. @defaultValue `'error'` */
  readonly afterCommit?: 'error' | 'content_filter' | undefined;
}

const TYPE = /^[A-Za-z0-9-]{1,32}$/;
const MIN_SECRET = 16;

const COMMON = {
  name: word('Names the guard in errors, headers and metrics.'),
  version: word('Added to the versions of the detectors in the cache key.'),
  detect: custom('a list of `detect.…()`, your own', checkDetectors, 'What the guard looks for.').defaultsTo(
    'every built-in detector',
  ),
  surfaces: someOf(SURFACES, 'Texts of the prompt that it is shown.').defaultsTo('all'),
  channels: someOf(CHANNELS, 'Texts of the response that it is shown.').defaultsTo('all'),
  onError: choice(
    ['open', 'closed'],
    "When a detector of yours throws: `'open'` lets the text pass, `'closed'` refuses it (503).",
  ).or('closed'),
} satisfies RowsFor<DetectorGuardOptions>;

export const REDACT = defineOptions({
  path: 'redact',
  rows: {
    ...COMMON,
    name: COMMON.name.or('redact'),
    restore: flag('Puts values of the prompt back where the response names their placeholders.').or(false),
    secret: custom(
      `a string of at least ${MIN_SECRET} characters`,
      checkSecret,
      'Key of the placeholders. With the same one in all processes, a conversation keeps its placeholders.',
    ).defaultsTo('random'),
  } satisfies RowsFor<RedactOptions>,
});

export const BLOCK_PATTERNS = defineOptions({
  path: 'blockPatterns',
  rows: {
    ...COMMON,
    name: COMMON.name.or('block-patterns'),
    patterns: custom(
      'a list of regular expressions',
      checkPatterns,
      'More to look for. Where only `patterns` is given, nothing else is.',
    ).or([], 'none'),
    code: word('`code` of the error.').defaultsTo("`'content_blocked'`"),
    message: word('`message` of the error. Must not quote what was blocked.').defaultsTo('one that names the guard'),
    beforeCommit: choice(
      BEFORE_COMMIT,
      "A block before the client has received anything: `'reject'` sends the error, `'next'` tries the next candidate.",
    ).or('reject'),
    afterCommit: choice(
      AFTER_COMMIT,
      "A block after that: `'error'` ends the stream with an error, `'content_filter'` with that finish reason.",
    ).or('error'),
  } satisfies RowsFor<BlockPatternsOptions>,
});

const detectorGuards = new WeakSet<object>();

/** Whether `redact()` or `blockPatterns()` made it. */
export function isDetectorGuard(value: unknown): value is DetectorGuard {
  return typeof value === 'object' && value !== null && detectorGuards.has(value);
}

/**
 * A guard that takes values out of prompts and responses. In `guards.input` each is replaced by a placeholder such as
 * `⟨email_5f1c9a02⟩`, the same one throughout a conversation; in `guards.output` by `⟨email⟩`.
 *
 * @example
 * createGateway({ keys, providers, guards: { input: [redact({ restore: true })] } });
 * @throws TypeError for an option that is wrong.
 */
export function redact(options: RedactOptions = {}): DetectorGuard {
  const { restore, secret, ...given } = REDACT.parse(options);
  return make(given, {
    detectors: given.detect ?? builtInDetectors(),
    placeholders: new ConversationPlaceholders(restore, secret),
    block: {},
  });
}

/**
 * A guard that blocks prompts and responses in which something is found.
 *
 * @example
 * createGateway({ keys, providers, guards: { output: [blockPatterns({ detect: [detect.privateKey()] })] } });
 * @throws TypeError for an option that is wrong.
 */
export function blockPatterns(options: BlockPatternsOptions = {}): DetectorGuard {
  const { patterns, code, message, beforeCommit, afterCommit, ...given } = BLOCK_PATTERNS.parse(options);
  const own = patterns.map((pattern, index) => patternDetector(`pattern-${index}`, pattern));
  const detectors = given.detect ?? (own.length > 0 ? [] : builtInDetectors());
  return make(given, {
    detectors: [...detectors, ...own],
    placeholders: undefined,
    block: { code, message },
    beforeCommit,
    afterCommit,
  });
}

interface Parts extends Pick<DetectorGuard, 'detectors' | 'beforeCommit' | 'afterCommit'> {
  readonly placeholders: DetectorPlaceholders | undefined;
  readonly block: Omit<GuardBlock, 'block'>;
}

function make(
  { name, version = '', onError, surfaces, channels }: Parsed<typeof COMMON> & { readonly name: string },
  parts: Parts,
): DetectorGuard {
  const versions = parts.detectors.map((detector) => `${detector.type} ${detector.version}`);
  const guard: DetectorGuard = {
    name,
    version: JSON.stringify([version, ...versions]),
    onError,
    surfaces,
    channels,
    ...parts,
  };
  detectorGuards.add(guard);
  return guard;
}

/** The secret is never shown. */
function checkSecret(path: string, value: unknown): string {
  if (typeof value === 'string' && value.length >= MIN_SECRET) return value;
  throw optionError(path, `must have ${MIN_SECRET} characters or more`);
}

function checkPatterns(path: string, value: unknown): readonly RegExp[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of regular expressions', value);
  return value.map((pattern: unknown, index) => {
    if (pattern instanceof RegExp) return pattern;
    throw optionError(`${path}[${index}]`, 'must be given a regular expression', pattern);
  });
}

function checkDetectors(path: string, value: unknown): readonly Detector[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw optionError(path, 'must be a list of detectors that is not empty', value);
  }
  return value.map((detector: unknown, index) => checkDetector(`${path}[${index}]`, detector));
}

function checkDetector(path: string, detector: unknown): Detector {
  if (typeof detector === 'function') {
    throw optionError(path, 'must be a detector: call the function that makes it', detector);
  }
  const { type, version, find } = anyMembers(path, detector);
  if (typeof find !== 'function') throw optionError(`${path}.find`, 'must be a function', find);
  if (!TYPE.test(text(`${path}.type`, type))) throw optionError(`${path}.type`, 'must be letters, digits and -', type);
  text(`${path}.version`, version);
  return detector as Detector;
}
