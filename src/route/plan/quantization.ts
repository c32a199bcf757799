/** The levels that an endpoint may declare. */
export const QUANTIZATIONS = [
  'int4',
  'int8',
  'fp4',
  'mxfp4',
  'nvfp4',
  'fp6',
  'fp8',
  'mxfp8',
  'fp16',
  'bf16',
  'fp32',
  'unknown',
] as const;

/** Levels that also accept similar ones. */
const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['fp4', ['fp4', 'mxfp4', 'nvfp4']],
  ['fp8', ['fp8', 'mxfp8']],
]);

/** The levels that a request for `levels` accepts. */
export function acceptedQuantizations(levels: readonly string[]): ReadonlySet<string> {
  return new Set(levels.flatMap((level) => FAMILIES.get(level) ?? [level]));
}
