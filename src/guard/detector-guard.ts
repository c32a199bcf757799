import type {
  Detector,
  DetectorGuard,
  DetectorPlaceholders,
  GuardBlock,
  InputSurface,
  OutputChannel,
} from '../contracts/guard.js';
import {
  anyMembers,
  knownMembers,
  optionalBoolean,
  optionalOneOf,
  optionalText,
  optionError,
  text,
} from '../options/checks.js';
import { builtInDetectors } from './detect/detect.js';
import { patternDetector } from './detect/pattern.js';
import { ConversationPlaceholders } from './placeholders.js';

/** What `redact()` and `blockPatterns()` have in common. */
export interface DetectorGuardOptions {
  /** Name of the guard: unique in its list. @defaultValue `'redact'`, `'block-patterns'` */
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

const COMMON = ['name', 'version', 'detect', 'surfaces', 'channels', 'onError'];
const TYPE = /^[A-Za-z0-9-]{1,32}$/;
const MIN_SECRET = 16;

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
  knownMembers('redact', options, [...COMMON, 'restore', 'secret']);
  const restore = optionalBoolean('redact.restore', options.restore) ?? false;
  const secret = optionalText('redact.secret', options.secret);
  if (secret !== undefined && secret.length < MIN_SECRET) {
    throw optionError('redact.secret', `must have ${MIN_SECRET} characters or more`);
  }
  return make('redact', options, {
    detectors: detectorsOf('redact', options.detect ?? builtInDetectors()),
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
  const path = 'blockPatterns';
  knownMembers(path, options, [...COMMON, 'patterns', 'code', 'message', 'beforeCommit', 'afterCommit']);
  const { patterns = [] } = options;
  if (!Array.isArray(patterns))
    throw optionError(`${path}.patterns`, 'must be a list of regular expressions', patterns);
  const own = (patterns as readonly RegExp[]).map((pattern, index) => patternDetector(`pattern-${index}`, pattern));
  const given = options.detect ?? (own.length > 0 ? [] : builtInDetectors());
  return make('block-patterns', options, {
    detectors: detectorsOf(path, [...given, ...own]),
    placeholders: undefined,
    block: {
      code: optionalText(`${path}.code`, options.code),
      message: optionalText(`${path}.message`, options.message),
    },
    beforeCommit: optionalOneOf(`${path}.beforeCommit`, options.beforeCommit, ['reject', 'next']),
    afterCommit: optionalOneOf(`${path}.afterCommit`, options.afterCommit, ['error', 'content_filter']),
  });
}

interface Parts extends Pick<DetectorGuard, 'detectors' | 'beforeCommit' | 'afterCommit'> {
  readonly placeholders: DetectorPlaceholders | undefined;
  readonly block: Omit<GuardBlock, 'block'>;
}

function make(name: string, options: DetectorGuardOptions, parts: Parts): DetectorGuard {
  const versions = parts.detectors.map(({ type, version }) => `${type} ${version}`);
  const guard: DetectorGuard = {
    name: options.name ?? name,
    version: JSON.stringify([options.version ?? '', ...versions]),
    onError: options.onError ?? 'closed',
    surfaces: options.surfaces,
    channels: options.channels,
    ...parts,
  };
  detectorGuards.add(guard);
  return guard;
}

function detectorsOf(path: string, detectors: unknown): readonly Detector[] {
  if (!Array.isArray(detectors) || detectors.length === 0) {
    throw optionError(`${path}.detect`, 'must be a list of detectors that is not empty', detectors);
  }
  return (detectors as readonly unknown[]).map((detector, index) => detectorOf(`${path}.detect[${index}]`, detector));
}

function detectorOf(path: string, detector: unknown): Detector {
  const forgotten = typeof detector === 'function' ? ': call the function that makes it' : '';
  if (typeof detector === 'function') throw optionError(path, `must be a detector${forgotten}`, detector);
  const { type, version, find } = anyMembers(path, detector);
  if (typeof find !== 'function') throw optionError(`${path}.find`, 'must be a function', find);
  if (!TYPE.test(text(`${path}.type`, type))) throw optionError(`${path}.type`, 'must be letters, digits and -', type);
  text(`${path}.version`, version);
  return detector as Detector;
}
