import type { Detector, Finding } from '../../contracts/guard.js';
import { fold, isFolding } from './fold.js';

/** A value that was found, and by which detector. */
interface DetectedValue {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export interface ScanResult {
  readonly values: readonly DetectedValue[];
  /** From here on the text may be the beginning of a value. */
  readonly holdFrom: number;
  /** The detector that may find it there. */
  readonly holder?: Detector | undefined;
}

/**
 * All values in `text` from `from` on. Where values overlap the one that begins first is taken, then the longer one. An
 * unfinished finding holds everything behind it, so that chunks give the same result as the whole text.
 * @param holder - `holder` of the last scan, after which the text was released up to `holdFrom`. While its value is
 * unfinished the other detectors need not run: they cannot find one that begins earlier
 */
export function scan(
  text: string,
  from: number,
  final: boolean,
  detectors: readonly Detector[],
  holder?: Detector,
): ScanResult {
  const folded = fold(text);
  const find = (detector: Detector, start: number): Finding | undefined =>
    detector.find(isFolding(detector) ? folded : text, start, final);
  const held = holder && find(holder, from);
  if (held?.start === from && held.end === undefined) return { values: [], holdFrom: from, holder };
  const next = detectors.map((detector) => find(detector, from));
  const values: DetectedValue[] = [];
  for (let at = from; ;) {
    const first = firstOf(next);
    const found = next[first];
    if (found === undefined) return { values, holdFrom: text.length };
    if (found.end === undefined) return { values, holdFrom: found.start, holder: detectors[first] };
    values.push({ type: detectors[first]!.type, start: found.start, end: found.end });
    at = found.end;
    for (const [index, detector] of detectors.entries()) {
      const known = next[index];
      if (known !== undefined && known.start < at) next[index] = find(detector, at);
    }
  }
}

function firstOf(findings: readonly (Finding | undefined)[]): number {
  let first = 0;
  for (let index = 1; index < findings.length; index++) {
    if (comesBefore(findings[index], findings[first])) first = index;
  }
  return first;
}

function comesBefore(one: Finding | undefined, other: Finding | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  if (one.start !== other.start) return one.start < other.start;
  return (one.end ?? Infinity) > (other.end ?? Infinity);
}
