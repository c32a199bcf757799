import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { BoundedMap } from '../util/bounded-map.js';
import type { Clock, Timer } from '../contracts/clock.js';

type Addresses = readonly dns.LookupAddress[];
type Waiter = (error: NodeJS.ErrnoException | null, addresses: Addresses) => void;

/** The cached result of one host name, or its lookup in progress. */
interface Entry {
  /** Callbacks that wait for the lookup in progress; `undefined`: none is in progress. */
  waiting: Set<Waiter> | undefined;
  error: NodeJS.ErrnoException | null;
  addresses: Addresses;
  /** Monotonic time until which the result is valid. */
  until: number;
}

/** A connection waits at most this long for a lookup, in milliseconds. */
const LOOKUP_TIMEOUT_MS = 2_000;
const SUCCESS_TTL_MS = 30_000;
const FAILURE_TTL_MS = 1_000;
const MAX_HOSTS = 1_024;

/**
 * A cached `dns.lookup` in which connections to the same host share one lookup. Node runs lookups on four threads that
 * it also needs for files: without sharing, four lookups of a name server that hangs would block all of them.
 */
export function createDnsCache(clock: Clock): LookupFunction {
  const entries = new BoundedMap<Entry>(MAX_HOSTS);

  const entryOf = (hostname: string): Entry => {
    let entry = entries.get(hostname);
    if (entry === undefined) {
      entry = { waiting: undefined, error: null, addresses: [], until: 0 };
      entries.set(hostname, entry);
    }
    return entry;
  };
  const start = (hostname: string, entry: Entry, waiting: ReadonlySet<Waiter>): void => {
    dns.lookup(hostname, { all: true }, (error, addresses) => {
      entry.waiting = undefined;
      entry.error = error;
      entry.addresses = addresses ?? [];
      entry.until = clock.now() + (entry.addresses.length > 0 ? SUCCESS_TTL_MS : FAILURE_TTL_MS);
      for (const notify of waiting) notify(error, entry.addresses);
    });
  };

  return function lookup(hostname, options, done) {
    const deliver: Waiter = (error, addresses) => {
      const [first] = addresses;
      if (error !== null || first === undefined) done(error ?? notFound(hostname), []);
      else if (options.all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    };
    const entry = entryOf(hostname);
    if (entry.waiting === undefined && clock.now() < entry.until) {
      const { error, addresses } = entry;
      process.nextTick(() => deliver(error, addresses));
      return;
    }
    const isFirst = entry.waiting === undefined;
    const waiting = (entry.waiting ??= new Set());
    wait(waiting, deliver, clock, hostname);
    if (isFirst) start(hostname, entry, waiting);
  };
}

function wait(waiting: Set<Waiter>, deliver: Waiter, clock: Clock, hostname: string): void {
  const notify: Waiter = (error, addresses) => {
    timer.cancel();
    deliver(error, addresses);
  };
  const timer: Timer = clock.setTimer(() => {
    waiting.delete(notify);
    deliver(timedOut(hostname), []);
  }, LOOKUP_TIMEOUT_MS);
  waiting.add(notify);
}

function timedOut(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The DNS lookup of ${hostname} timed out after ${LOOKUP_TIMEOUT_MS} ms.`), {
    code: 'ETIMEOUT',
  });
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The DNS lookup of ${hostname} returned no address.`), { code: 'ENOTFOUND' });
}
