import type { Detector, GuardOptions } from '../contracts/guard.js';
import { scan } from './detect/scan.js';
import { resolveGuardOptions } from './guard-options.js';
import { genericPlaceholder } from './placeholders.js';
import { JsonView } from './text/json-view.js';
import { PlainView, type TextView } from './text/text-view.js';

/**
 * Takes values out of a text that is exported.
 * @param isCut - the text may end within a value: the end that may be the beginning of one is left out
 */
export type TextRedactor = (text: string, isCut: boolean) => string;

/**
 * What `redact()` and `blockPatterns()` among `guards` look for, taken out of any text, whatever surfaces and channels
 * they are for. `undefined` where no `redact()` is among them.
 * @throws TypeError for a guard that is wrong.
 */
export function textRedactor(guards: GuardOptions): TextRedactor | undefined {
  const { before, output } = resolveGuardOptions(guards);
  const own = [...before, ...output].flatMap(({ detects }) => detects ?? []);
  if (!own.some(({ placeholders }) => placeholders !== undefined)) return undefined;
  const detectors = [...new Set(own.flatMap((guard) => guard.detectors))];
  return function redactText(text, isCut) {
    const redacted = redactIn(new PlainView(), text, detectors, isCut);
    // Arguments of tools are JSON: an escape may hide a part of a value.
    return redacted.includes('\\') ? redactIn(new JsonView(), redacted, detectors, isCut) : redacted;
  };
}

function redactIn(view: TextView, text: string, detectors: readonly Detector[], isCut: boolean): string {
  view.append(text, !isCut);
  const { values, holdFrom } = scan(view.text, 0, !isCut, detectors);
  let redacted = '';
  let at = 0;
  for (const { type, start, end } of values) {
    redacted += view.received(at, start) + view.written(genericPlaceholder(type), start);
    at = end;
  }
  return redacted + view.received(at, holdFrom);
}
