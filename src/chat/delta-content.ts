import { isRecord } from '../util/json-object.js';

/** Members that describe the content and are no content themselves. */
const LABELS: ReadonlySet<string> = new Set(['role', 'type', 'index', 'object', 'status']);
/** Deeper than any delta; what is nested deeper counts as content. */
const DEEPEST = 4;

/** Whether a delta has content: more than a role, labels and empty members. */
export function hasDeltaContent(delta: unknown): boolean {
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
