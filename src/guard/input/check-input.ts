import type { ChatRequest } from '../../chat/types.js';
import type { InputText } from '../../contracts/guard.js';
import { ChangedBody } from '../../json/changed-body.js';
import type { RequestBody } from '../../json/request-body.js';
import { callGuard, type GuardContext } from '../call-guard.js';
import { BlockedByGuard, contentBlocked, guardUnavailable } from '../blocked.js';
import type { ResolvedDetectors, ResolvedInput } from '../guard-options.js';
import type { PlaceholderTable } from '../placeholders.js';
import { andThen } from '../text/text-filter.js';
import { JsonView } from '../text/json-view.js';
import { ScanFilter } from '../text/scan-filter.js';
import { PlainView } from '../text/text-view.js';
import { pathOf, textsOf, withTexts, type PromptText } from './input-texts.js';

/** Calls of one guard at the same time. */
const MAX_CALLS = 8;

/** A text that takes the place of another one. */
interface Change {
  readonly keys: PromptText['keys'];
  readonly text: string;
}

/** A prompt as the guards leave it. */
export interface CheckedPrompt {
  readonly request: ChatRequest;
  readonly body: RequestBody;
}

/**
 * Runs the guards one after the other, each on what the one before it has left; at once where all are synchronous.
 * @throws BlockedByGuard
 */
export function checkBefore(
  guards: readonly (ResolvedInput | ResolvedDetectors)[],
  prompt: CheckedPrompt,
  context: GuardContext,
  table: PlaceholderTable,
): CheckedPrompt | Promise<CheckedPrompt> {
  let result: CheckedPrompt | Promise<CheckedPrompt> = prompt;
  for (const guard of guards) {
    result = andThen(result, (current) => {
      const changes = changesBy(guard, current.request, { ...context, request: current.request }, table);
      return andThen(changes, (made) => changed(current, made));
    });
  }
  return result;
}

/** Runs the guards together. @throws BlockedByGuard of the first that blocks. */
export async function checkBeside(
  guards: readonly ResolvedInput[],
  request: ChatRequest,
  context: GuardContext,
): Promise<void> {
  await Promise.all(guards.map(async (guard) => changesBy(guard, request, context, undefined)));
}

function changesBy(
  guard: ResolvedInput | ResolvedDetectors,
  request: ChatRequest,
  context: GuardContext,
  table: PlaceholderTable | undefined,
): readonly Change[] | Promise<readonly Change[]> {
  const texts = textsOf(request).filter(({ surface }) => guard.surfaces.has(surface));
  if (guard.detects !== undefined) return changesByDetectors(guard, texts, context, table);
  if (guard.scope === 'text') return checkEach(guard, texts, context);
  if (texts.length === 0) return [];
  const all = texts.map(({ text }) => text).join('\n\n');
  return checkEach(guard, [{ text: all, surface: texts.at(-1)!.surface, keys: ['messages'], isJson: false }], context);
}

function changesByDetectors(
  guard: ResolvedDetectors,
  texts: readonly PromptText[],
  context: GuardContext,
  table: PlaceholderTable | undefined,
): readonly Change[] {
  const { detectors, placeholders, block } = guard.detects;
  const changes: Change[] = [];
  for (const { text, keys, isJson } of texts) {
    const filter = new ScanFilter(isJson ? new JsonView() : new PlainView(), detectors, (type, value) => {
      if (placeholders !== undefined && table !== undefined) return table.add(placeholders, type, value);
      throw new BlockedByGuard(contentBlocked(block, pathOf(keys)), guard);
    });
    const left = scanned(filter, text, guard, pathOf(keys), context);
    if (left !== text) changes.push({ keys, text: left });
  }
  return changes;
}

/** A detector of the host's may throw. */
function scanned(
  filter: ScanFilter,
  text: string,
  guard: ResolvedDetectors,
  path: string,
  context: GuardContext,
): string {
  try {
    return filter.push(text, true);
  } catch (error) {
    if (error instanceof BlockedByGuard) throw error;
    context.reportFailure(guard.name, error);
    if (guard.onError === 'open') return text;
    throw new BlockedByGuard(guardUnavailable(guard.name, path, error), guard);
  }
}

/** Shows the guard text after text, at once as long as it is synchronous. */
function checkEach(
  guard: ResolvedInput,
  texts: readonly PromptText[],
  context: GuardContext,
): readonly Change[] | Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const [index, text] of texts.entries()) {
    const change = checkOne(guard, text, context);
    if (change instanceof Promise)
      return checkRest(guard, { first: change, rest: texts.slice(index + 1), changes }, context);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

interface Remaining {
  /** The call that turned out to be asynchronous. */
  readonly first: Promise<Change | undefined>;
  readonly rest: readonly PromptText[];
  readonly changes: Change[];
}

async function checkRest(
  guard: ResolvedInput,
  { first, rest, changes }: Remaining,
  context: GuardContext,
): Promise<readonly Change[]> {
  let next = 0;
  const work = async (given?: Promise<Change | undefined>): Promise<void> => {
    try {
      if (given !== undefined) note(await given);
      while (next < rest.length) note(await checkOne(guard, rest[next++]!, context));
    } catch (error) {
      // The request is refused: the other texts need no verdict.
      next = rest.length;
      throw error;
    }
  };
  const note = (change: Change | undefined): void => {
    if (change !== undefined) changes.push(change);
  };
  const others = Math.min(MAX_CALLS - 1, rest.length);
  await Promise.all([work(first), ...Array.from({ length: others }, () => work())]);
  return changes;
}

function checkOne(
  guard: ResolvedInput,
  { text, surface, keys }: PromptText,
  context: GuardContext,
): Change | undefined | Promise<Change | undefined> {
  const shown: InputText = { text, surface, path: pathOf(keys) };
  return andThen(
    callGuard(guard, shown.path, context, (state) => guard.check(shown, state)),
    (verdict) => {
      if (verdict === 'pass') return undefined;
      if ('block' in verdict) throw new BlockedByGuard(contentBlocked(verdict, shown.path), guard);
      return { keys, text: verdict.replace };
    },
  );
}

function changed(prompt: CheckedPrompt, changes: readonly Change[]): CheckedPrompt {
  if (changes.length === 0) return prompt;
  const request = withTexts(prompt.request, changes);
  const members = new Set(changes.map(({ keys }) => String(keys[0])));
  return { request, body: new ChangedBody(prompt.body, request, members) };
}
