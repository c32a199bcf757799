import { LUA_COUNTERS } from './counters.js';
import { LUA_HOLDS } from './holds.js';
import { LUA_LEASES } from './leases.js';
import { LUA_STEPS } from './steps.js';

/**
 * One step of a limit store in Redis, atomic: reserve, adjust, settle, read or claim. All state of a group is in two keys
 * with the same hash tag, so every key is declared and a cluster keeps them on one node:
 *
 * KEYS[1] a hash: `C<field>` counters, `L<lease>` open leases, `X<lease>` expired leases, `M<name>` marks
 * KEYS[2] a sorted set of the same names by their expiry: every writing call removes up to 16 expired names
 *
 * ARGV: op, lease, ttl, mode, process, sequence, parts, minRequests, share ttl; then per hold: field, kind, capacity, rate, expiresAt,
 * amount, enforced, floor, own, total (`-1` where it is absent). `process` is empty if no shares are kept.
 * The reply: outcome, then per hold: used, settled, wait (-1 never, -2 unknown), growth of the share.
 */
export const LIMIT_SCRIPT = [LUA_COUNTERS, LUA_HOLDS, LUA_LEASES, LUA_STEPS].join('\n');
