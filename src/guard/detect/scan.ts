import type { Detector, Finding } from '../../contracts/guard.js';

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
}

/**
 * All values in `text` from `from` on. Where values overlap the one that begins first is taken, then the longer one. An
 * unfinished finding holds everything behind it, so that chunks give the same result as the whole text.
 */
export function scan(text: string, from: number, final: boolean, detectors: readonly Detector[]): ScanResult {
  const next = detectors.map((detector) => detector.find(text, from, final));
  const values: DetectedValue[] = [];
  for (let at = from; ;) {
    const first = firstOf(next);
    const found = next[first];
    if (found === undefined) return { values, holdFrom: text.length };
    if (found.end === undefined) return { values, holdFrom: found.start };
    values.push({ type: detectors[first]!.type, start: found.start, end: found.end });
    at = found.end;
    for (const [index, detector] of detectors.entries()) {
      const known = next[index];
      if (known !== undefined && known.start < at) next[index] = detector.find(text, at, final);
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
