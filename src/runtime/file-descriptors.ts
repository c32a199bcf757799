import { readFileSync } from 'node:fs';

/** File descriptors reserved for everything but connections. */
const RESERVED = 512;
const MIN_REQUESTS = 16;

/**
 * How many requests in flight the limit of open files allows: each holds a client connection and an upstream one.
 * `Infinity` if the system does not report its limit.
 */
export function maxRequestsForFdLimit(limit = openFilesLimit()): number {
  return Math.max(MIN_REQUESTS, Math.floor((limit - RESERVED) / 2));
}

/** The soft limit of this process. Node raises it to the hard limit when it starts. */
function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
