import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { BedrockModel } from './model-types.js';

/** More are refused with 400. */
const MOST_CACHE_POINTS = 4;

/** The cache point that a marked part, message or tool requests; `undefined` if none is requested or known. */
export function cachePointOf(marked: JsonObject, model: BedrockModel): JsonObject | undefined {
  if (model.promptCaching === false) return undefined;
  const control = marked['cache_control'];
  if (isRecord(control)) {
    const ttl = control['ttl'];
    return cachePoint(ttl === '5m' || ttl === '1h' ? ttl : undefined);
  }
  const breakpoint = marked['prompt_cache_breakpoint'];
  return breakpoint === undefined || breakpoint === null || breakpoint === false ? undefined : cachePoint();
}

export function cachePoint(ttl?: string): JsonObject {
  return { cachePoint: ttl === undefined ? { type: 'default' } : { type: 'default', ttl } };
}

/** Puts `point` behind the last of `blocks`; a point never follows another, and is never first. */
export function closeWith(blocks: JsonObject[], point: JsonObject | undefined): void {
  const last = blocks.at(-1);
  if (point !== undefined && last !== undefined && !isCachePoint(last)) blocks.push(point);
}

export function isCachePoint(block: JsonObject): boolean {
  return 'cachePoint' in block;
}

/**
 * Removes the earliest cache points of the messages, so that no more than four are left beside those of the tools and
 * of the system texts: the latest ones spare the most tokens.
 */
export function limitCachePoints(tools: JsonObject[], system: JsonObject[], messages: readonly JsonObject[][]): void {
  let left = MOST_CACHE_POINTS;
  for (const blocks of [tools, system, ...messages.toReversed()]) left = keepLast(blocks, left);
}

function keepLast(blocks: JsonObject[], left: number): number {
  for (let index = blocks.length - 1; index >= 0; index--) {
    if (!isCachePoint(blocks[index]!)) continue;
    if (left > 0) left -= 1;
    else blocks.splice(index, 1);
  }
  return left;
}
