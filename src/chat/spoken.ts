import { isRecord } from '../util/json-object.js';

/** Members that label what is said and say nothing themselves. */
const LABELS: ReadonlySet<string> = new Set(['role', 'type', 'index', 'object', 'status']);
/** Deeper than any delta; what nests deeper counts as said. */
const DEEPEST = 4;

/** Whether a delta holds anything that a reader would notice: more than a role, labels, and empty members. */
export function saysSomething(delta: unknown): boolean {
  return isRecord(delta) && isFilled(delta, DEEPEST);
}

function isFilled(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isFilled(item, levels - 1));
  for (const key of Object.keys(value)) {
    if (!LABELS.has(key) && isFilled((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}
