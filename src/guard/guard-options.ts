import { isRecord } from '../util/json-object.js';
import { hash } from 'node:crypto';
import type {
  DetectorGuard,
  GuardOptions,
  InputGuard,
  InputSurface,
  OutputChannel,
  OutputGuard,
} from '../contracts/guard.js';
import { anyMembers, count as checkCount, formatValue, optionError } from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import { choice, func, milliseconds, someOf, word } from '../options/rows.js';
import type { GuardSettings } from './call-guard.js';
import { isDetectorGuard } from './detector-guard.js';
import { AFTER_COMMIT, BEFORE_COMMIT, CHANNELS, SURFACES } from './guard-values.js';

const INPUT_TIMEOUT_MS = 2_000;
const OUTPUT_TIMEOUT_MS = 500;
const MAX_WINDOW = 16_384;

const BASE = {
  onError: custom(
    "`'open'`, `'closed'`",
    checkOnError,
    "When the guard throws, gives no verdict or takes too long: `'open'` lets the text pass, `'closed'` refuses it (503).",
  ).required(),
  name: word('Unique within its list. Part of the cache key.').required(),
  version: word('Change it whenever verdicts change: it is part of the cache key.'),
};

export const INPUT_GUARD = defineOptions({
  path: 'guards.input[<n>]',
  rows: {
    ...BASE,
    timeoutMs: milliseconds('The time in which a verdict must be given.').or(INPUT_TIMEOUT_MS, '2 seconds'),
    mode: choice(
      ['before', 'beside'],
      "`'before'` calls the upstream after the verdict, `'beside'` at once, and holds the response until the verdict.",
    ).or('before'),
    scope: choice(
      ['text', 'request'],
      "`'text'`: one call for each text. `'request'`: one call with all texts; such a guard cannot replace text.",
    ).or('text'),
    surfaces: someOf(SURFACES, 'Texts that it is shown.').or(SURFACES, 'all'),
    check: func<InputGuard['check']>('(text, state) => verdict', 'Gives the verdict on a text.').required(),
  } satisfies RowsFor<InputGuard>,
});

export const OUTPUT_GUARD = defineOptions({
  path: 'guards.output[<n>]',
  rows: {
    ...BASE,
    timeoutMs: milliseconds('The time in which a verdict must be given.').or(OUTPUT_TIMEOUT_MS, 'half a second'),
    mode: choice(
      ['hold', 'whole', 'watch'],
      "`'hold'` holds back what could still become a match, `'whole'` the whole response, `'watch'` nothing.",
    ).or('hold'),
    channels: someOf(CHANNELS, 'Texts that it is shown.').or(CHANNELS, 'all'),
    window: custom(
      `a number of characters, ${MAX_WINDOW} at most`,
      checkWindow,
      "With `'hold'`: characters that are held back. What the guard looks for must not be longer.",
    ).or(128),
    mayContinue: func<NonNullable<OutputGuard['mayContinue']>>(
      '(text) => number',
      "With `'hold'`, instead of `window`: how many characters at the end of `text` may be the beginning of a match.",
    ),
    beforeCommit: choice(
      BEFORE_COMMIT,
      "A block before the client has received anything: `'reject'` sends the error, `'next'` tries the next candidate.",
    ).or('reject'),
    afterCommit: choice(
      AFTER_COMMIT,
      "A block after that: `'error'` ends the stream with an error, `'content_filter'` with that finish reason.",
    ).or('error'),
    check: func<OutputGuard['check']>('(text, state) => verdict', 'Gives the verdict on a text.').required(),
  } satisfies RowsFor<OutputGuard>,
});

/** An input guard with its options resolved. */
export interface ResolvedInput extends GuardSettings {
  readonly mode: 'before' | 'beside';
  readonly surfaces: ReadonlySet<InputSurface>;
  readonly scope: 'text' | 'request';
  readonly check: InputGuard['check'];
  readonly detects?: undefined;
}

/** A host's output guard with its options resolved. */
export interface ResolvedCheck extends GuardSettings {
  readonly mode: 'hold' | 'whole' | 'watch';
  readonly channels: ReadonlySet<OutputChannel>;
  readonly window: number;
  readonly mayContinue: ((text: string) => number) | undefined;
  readonly check: OutputGuard['check'];
  readonly detects?: undefined;
}

/** A guard made of detectors, on either side. */
export interface ResolvedDetectors extends GuardSettings {
  readonly mode: 'before' | 'hold';
  readonly detects: DetectorGuard;
  readonly surfaces: ReadonlySet<InputSurface>;
  readonly channels: ReadonlySet<OutputChannel>;
}

export interface ResolvedGuards {
  readonly before: readonly (ResolvedInput | ResolvedDetectors)[];
  readonly beside: readonly ResolvedInput[];
  readonly output: readonly (ResolvedCheck | ResolvedDetectors)[];
  /** Names and versions of all guards, as a digest: part of the cache key. `''` without guards. */
  readonly digest: string;
}

export const GUARDS = defineOptions({
  path: 'guards',
  rows: {
    input: custom('a list of guards', inputGuards, 'Guards of prompts, in this order.').or([], 'none'),
    output: custom('a list of guards', outputGuards, 'Guards of responses, in this order.').or([], 'none'),
  } satisfies RowsFor<GuardOptions>,
});

/** Other options may be set beside the guards. @throws TypeError naming the guard and the member at fault. */
export function resolveGuardOptions(options: GuardOptions): ResolvedGuards {
  const { input, output } = GUARDS.read(options);
  const parts = [...(options.input ?? []), ...(options.output ?? [])].map(keyPart);
  return {
    before: input.filter((guard) => guard.mode === 'before'),
    beside: input.filter((guard): guard is ResolvedInput => guard.mode === 'beside'),
    output,
    digest: parts.length === 0 ? '' : hash('sha256', JSON.stringify([input.length, parts]), 'base64url'),
  };
}

function inputGuards(path: string, value: unknown): readonly (ResolvedInput | ResolvedDetectors)[] {
  const guards = listOf(path, value).map((guard, index) => inputGuard(`${path}[${index}]`, guard));
  uniqueNames(path, guards);
  return guards;
}

function outputGuards(path: string, value: unknown): readonly (ResolvedCheck | ResolvedDetectors)[] {
  const guards = listOf(path, value).map((guard, index) => outputGuard(`${path}[${index}]`, guard));
  uniqueNames(path, guards);
  return guards;
}

/** Methods are called on the guard itself, which may be an instance of a class. */
function inputGuard(path: string, value: unknown): ResolvedInput | ResolvedDetectors {
  if (isDetectorGuard(value)) return { ...detectorGuard(value, INPUT_TIMEOUT_MS), mode: 'before' };
  const given = INPUT_GUARD.parse(value, path);
  const guard = value as InputGuard;
  return {
    name: given.name,
    onError: given.onError,
    timeoutMs: given.timeoutMs,
    replaces: given.mode === 'before' && given.scope === 'text',
    beforeCommit: 'reject',
    afterCommit: 'error',
    mode: given.mode,
    scope: given.scope,
    surfaces: new Set(given.surfaces),
    check: (text, state) => guard.check(text, state),
  };
}

function outputGuard(path: string, value: unknown): ResolvedCheck | ResolvedDetectors {
  if (isDetectorGuard(value)) return { ...detectorGuard(value, OUTPUT_TIMEOUT_MS), mode: 'hold' };
  const { name, onError, timeoutMs, mode, window, ...given } = OUTPUT_GUARD.parse(value, path);
  const guard = value as OutputGuard;
  return {
    name,
    onError,
    timeoutMs,
    replaces: mode !== 'watch',
    beforeCommit: given.beforeCommit,
    afterCommit: given.afterCommit,
    mode,
    window,
    channels: new Set(given.channels),
    mayContinue: given.mayContinue && ((held) => guard.mayContinue!(held)),
    check: (text, state) => guard.check(text, state),
  };
}

/** Its options were checked when it was made. */
function detectorGuard(guard: DetectorGuard, timeoutMs: number): Omit<ResolvedDetectors, 'mode'> {
  return {
    name: guard.name,
    onError: guard.onError,
    timeoutMs,
    replaces: true,
    beforeCommit: guard.beforeCommit ?? 'reject',
    afterCommit: guard.afterCommit ?? 'error',
    detects: guard,
    surfaces: new Set(guard.surfaces ?? SURFACES),
    channels: new Set(guard.channels ?? CHANNELS),
  };
}

function checkOnError(path: string, onError: unknown): InputGuard['onError'] {
  if (onError !== 'open' && onError !== 'closed') {
    throw optionError(path, 'must be written, "open" or "closed": what happens when the guard fails', onError);
  }
  return onError;
}

function checkWindow(path: string, value: unknown): number {
  const window = checkCount(path, value, 'characters');
  if (window > MAX_WINDOW) throw optionError(path, `must be ${MAX_WINDOW} characters or fewer`, value);
  return window;
}

function listOf(path: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of guards', value);
  return value as readonly unknown[];
}

function uniqueNames(path: string, guards: readonly GuardSettings[]): void {
  const names = guards.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`${path}: two guards are named ${formatValue(twice)}.`);
}

/** Options of a guard that change its verdicts. */
function keyPart(guard: unknown): readonly unknown[] {
  const members = anyMembers('guards', guard);
  const facts = ['name', 'version', 'mode', 'scope', 'surfaces', 'channels'].map((member) => members[member] ?? null);
  return isRecord(members['placeholders']) ? [...facts, 'redacts'] : facts;
}
