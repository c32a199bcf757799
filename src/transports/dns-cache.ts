import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { BoundedMap } from '../util/bounded-map.js';
import type { Clock, Timer } from '../contracts/clock.js';

type Answers = readonly dns.LookupAddress[];
type Waiter = (error: NodeJS.ErrnoException | null, answers: Answers) => void;

/** What is known of one host, or is being asked. */
interface Entry {
  /** Those who wait for the question that is under way; `undefined` when none is. */
  waiting: Set<Waiter> | undefined;
  error: NodeJS.ErrnoException | null;
  answers: Answers;
  /** Until when the answer holds, on the monotonic scale. */
  until: number;
}

/** No connection waits longer for a name than this, in milliseconds. */
const LOOKUP_TIMEOUT_MS = 2_000;
const ANSWER_MS = 30_000;
const FAILURE_MS = 1_000;
const MAX_HOSTS = 1_024;

/**
 * A `dns.lookup` in which all who want one name share one question. Node asks on four threads that it also needs for
 * files: a name service that hangs would otherwise stop them all with its first four questions.
 */
export function createDnsCache(clock: Clock): LookupFunction {
  const entries = new BoundedMap<Entry>(MAX_HOSTS);

  const entryOf = (hostname: string): Entry => {
    let entry = entries.get(hostname);
    if (entry === undefined) {
      entry = { waiting: undefined, error: null, answers: [], until: 0 };
      entries.set(hostname, entry);
    }
    return entry;
  };
  const ask = (hostname: string, entry: Entry, waiting: ReadonlySet<Waiter>): void => {
    dns.lookup(hostname, { all: true }, (error, answers) => {
      entry.waiting = undefined;
      entry.error = error;
      entry.answers = answers ?? [];
      entry.until = clock.now() + (entry.answers.length > 0 ? ANSWER_MS : FAILURE_MS);
      for (const tell of waiting) tell(error, entry.answers);
    });
  };

  return function lookup(hostname, options, done) {
    const answer: Waiter = (error, answers) => {
      const [first] = answers;
      if (error !== null || first === undefined) done(error ?? notFound(hostname), []);
      else if (options.all === true) done(null, [...answers]);
      else done(null, first.address, first.family);
    };
    const entry = entryOf(hostname);
    if (entry.waiting === undefined && clock.now() < entry.until) {
      const { error, answers } = entry;
      process.nextTick(() => answer(error, answers));
      return;
    }
    const asked = entry.waiting !== undefined;
    const waiting = (entry.waiting ??= new Set());
    wait(waiting, answer, clock, hostname);
    if (!asked) ask(hostname, entry, waiting);
  };
}

function wait(waiting: Set<Waiter>, answer: Waiter, clock: Clock, hostname: string): void {
  const tell: Waiter = (error, answers) => {
    timer.cancel();
    answer(error, answers);
  };
  const timer: Timer = clock.setTimer(() => {
    waiting.delete(tell);
    answer(tooSlow(hostname), []);
  }, LOOKUP_TIMEOUT_MS);
  waiting.add(tell);
}

function tooSlow(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The name service did not answer for ${hostname} in time.`), { code: 'ETIMEOUT' });
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`There is no address for ${hostname}.`), { code: 'ENOTFOUND' });
}
