import { readFileSync } from 'node:fs';

/** Microseconds per tick of /proc/stat. */
const TICK_MICROS = 10_000;

/**
 * CPU time that all processes of the machine have used since it started, in microseconds; `undefined` where nobody
 * tells. What the hypervisor has taken counts as well.
 */
export function machineMicros(): number | undefined {
  try {
    const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!;
    const [, user, nice, system, , , , , steal] = line.trim().split(/\s+/).map(Number);
    return (user! + nice! + system! + steal!) * TICK_MICROS;
  } catch {
    return undefined;
  }
}
