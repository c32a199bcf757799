import { readFileSync } from 'node:fs';

/** Microseconds per tick of /proc/stat. */
const TICK_MICROS = 10_000;

/**
 * CPU time of all processes since the machine started, in microseconds; `undefined` where the system does not report it.
 * Time that the hypervisor has taken is included.
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
