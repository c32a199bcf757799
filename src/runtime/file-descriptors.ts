import { readFileSync } from 'node:fs';

/** Open files that are left for everything but connections. */
const RESERVED = 512;
const FEWEST = 16;

/**
 * Requests that the limit of open files allows at once: each holds a client's connection and an upstream's.
 * `Infinity` where the system does not tell its limit.
 */
export function maxRequestsForFdLimit(limit = openFilesLimit()): number {
  return Math.max(FEWEST, Math.floor((limit - RESERVED) / 2));
}

/** The soft limit of this process. Node raises it to the hard one as it starts. */
function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
