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
import {
  anyMembers,
  formatValue,
  knownMembers,
  optionalCount,
  optionalMilliseconds,
  optionalOneOf,
  optionError,
  text,
} from '../options/checks.js';
import { defineOptions, type RowsFor } from '../options/group.js';
import { custom } from '../options/row.js';
import type { AskedGuard } from './ask-guard.js';
import { isDetectorGuard } from './detector-guard.js';

const INPUT_TIMEOUT_MS = 2_000;
const OUTPUT_TIMEOUT_MS = 500;
const DEFAULT_WINDOW = 128;
const MAX_WINDOW = 16_384;

const SURFACES: readonly InputSurface[] = ['system', 'user', 'assistant', 'tool'];
const CHANNELS: readonly OutputChannel[] = ['text', 'reasoning', 'refusal', 'arguments'];

const BASE = ['name', 'version', 'timeoutMs', 'onError', 'check', 'mode'];
const INPUT = [...BASE, 'surfaces', 'scope'];
const OUTPUT = [...BASE, 'channels', 'window', 'mayContinue', 'beforeCommit', 'afterCommit'];

/** An input guard with its options resolved. */
export interface ResolvedInput extends AskedGuard {
  readonly mode: 'before' | 'beside';
  readonly surfaces: ReadonlySet<InputSurface>;
  readonly scope: 'text' | 'request';
  readonly check: InputGuard['check'];
  readonly detects?: undefined;
}

/** A host's output guard with its options resolved. */
export interface ResolvedCheck extends AskedGuard {
  readonly mode: 'hold' | 'whole' | 'watch';
  readonly channels: ReadonlySet<OutputChannel>;
  readonly window: number;
  readonly mayContinue: ((text: string) => number) | undefined;
  readonly check: OutputGuard['check'];
  readonly detects?: undefined;
}

/** A guard made of detectors, on either side. */
export interface ResolvedDetectors extends AskedGuard {
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

/** Other options may stand beside the guards. @throws TypeError naming the guard and the member at fault. */
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

function inputGuard(path: string, guard: unknown): ResolvedInput | ResolvedDetectors {
  if (isDetectorGuard(guard)) return { ...detectorGuard(path, guard, INPUT_TIMEOUT_MS), mode: 'before' };
  const members = knownMembers(path, guard, INPUT);
  const mode = optionalOneOf(`${path}.mode`, members['mode'], ['before', 'beside']) ?? 'before';
  const scope = optionalOneOf(`${path}.scope`, members['scope'], ['text', 'request']) ?? 'text';
  return {
    ...asked(path, members, INPUT_TIMEOUT_MS, mode === 'before' && scope === 'text'),
    mode,
    scope,
    surfaces: subsetOf(`${path}.surfaces`, members['surfaces'], SURFACES),
    check: checkOf(path, guard as InputGuard),
  };
}

function outputGuard(path: string, guard: unknown): ResolvedCheck | ResolvedDetectors {
  if (isDetectorGuard(guard)) return { ...detectorGuard(path, guard, OUTPUT_TIMEOUT_MS), mode: 'hold' };
  const members = knownMembers(path, guard, OUTPUT);
  const mode = optionalOneOf(`${path}.mode`, members['mode'], ['hold', 'whole', 'watch']) ?? 'hold';
  const output = guard as OutputGuard;
  const { mayContinue } = output;
  if (mayContinue !== undefined && typeof mayContinue !== 'function') {
    throw optionError(`${path}.mayContinue`, 'must be a function', mayContinue);
  }
  return {
    ...asked(path, members, OUTPUT_TIMEOUT_MS, mode !== 'watch'),
    mode,
    channels: subsetOf(`${path}.channels`, members['channels'], CHANNELS),
    window: windowOf(`${path}.window`, members['window']),
    mayContinue: mayContinue === undefined ? undefined : (held) => output.mayContinue!(held),
    check: checkOf(path, output),
  };
}

function detectorGuard(path: string, guard: DetectorGuard, timeoutMs: number): Omit<ResolvedDetectors, 'mode'> {
  return {
    ...asked(path, { ...guard }, timeoutMs, true),
    detects: guard,
    surfaces: subsetOf(`${path}.surfaces`, guard.surfaces, SURFACES),
    channels: subsetOf(`${path}.channels`, guard.channels, CHANNELS),
  };
}

function asked(
  path: string,
  members: Readonly<Record<string, unknown>>,
  timeoutMs: number,
  replaces: boolean,
): AskedGuard {
  const { onError } = members;
  if (onError !== 'open' && onError !== 'closed') {
    throw optionError(
      `${path}.onError`,
      'must be written, "open" or "closed": what happens when the guard fails',
      onError,
    );
  }
  return {
    name: text(`${path}.name`, members['name']),
    onError,
    timeoutMs: optionalMilliseconds(`${path}.timeoutMs`, members['timeoutMs']) ?? timeoutMs,
    replaces,
    beforeCommit: optionalOneOf(`${path}.beforeCommit`, members['beforeCommit'], ['reject', 'next']) ?? 'reject',
    afterCommit: optionalOneOf(`${path}.afterCommit`, members['afterCommit'], ['error', 'content_filter']) ?? 'error',
  };
}

/** `check` is called as a method of the guard, which may be an instance of a class. */
function checkOf<Guard extends InputGuard | OutputGuard>(path: string, guard: Guard): Guard['check'] {
  if (typeof guard.check !== 'function') throw optionError(`${path}.check`, 'must be a function', guard.check);
  return ((piece: never, state: never) => guard.check(piece, state)) as Guard['check'];
}

function windowOf(path: string, value: unknown): number {
  const window = optionalCount(path, value, 'characters') ?? DEFAULT_WINDOW;
  if (window > MAX_WINDOW) throw optionError(path, `must be ${MAX_WINDOW} characters or fewer`, value);
  return window;
}

function subsetOf<Word extends string>(path: string, value: unknown, words: readonly Word[]): ReadonlySet<Word> {
  if (value === undefined || value === null) return new Set(words);
  if (!Array.isArray(value) || value.length === 0) throw optionError(path, 'must be a list that is not empty', value);
  return new Set(value.map((entry: unknown, index) => optionalOneOf(`${path}[${index}]`, entry ?? '', words)!));
}

function listOf(path: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw optionError(path, 'must be a list of guards', value);
  return value as readonly unknown[];
}

function uniqueNames(path: string, guards: readonly AskedGuard[]): void {
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
