/** A guard of the source, how it is switched off, and the tests of which at least one must then fail. */
export interface Guard {
  readonly about: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
}

const guard = (about: string, file: string, [from, to]: readonly [string, string], ...tests: string[]): Guard => ({
  about,
  file: `src/${file}`,
  from,
  to,
  tests: tests.map((test) => `test/${test}`),
});

const AGAINST_UPSTREAMS: readonly Guard[] = [
  guard(
    '101 is no answer',
    'proxy/stand-ins.ts',
    ['message.statusCode === 101', 'false'],
    'security/responses',
    'proxy/transport',
  ),
  guard('only HTTP/1 is HTTP/1', 'proxy/stand-ins.ts', ['message.httpVersionMajor !== 1', 'false'], 'faults/answers'),
  guard(
    'interim answers are counted',
    'proxy/stand-ins.ts',
    ['++this.#interim > MAX_INTERIM', 'false'],
    'security/responses',
    'proxy/transport',
  ),
  guard('a stale connection says nothing', 'proxy/stand-ins.ts', [' && isHangUp(error)', ''], 'faults/connection'),
  guard(
    'a stale connection is asked again',
    'proxy/attempt.ts',
    ['reusedSocket && !this.#redone', 'false'],
    'faults/connection',
  ),
  guard('comments are no answer', 'proxy/attempt.ts', ['this.#reader?.committed !== false', 'true'], 'faults/streams'),
  guard(
    'progress is watched',
    'proxy/attempt.ts',
    ['return reader.committed && now - this.#lastEventAt > 2 * this.#job.timeouts.idleMs', 'return false'],
    'faults/streams',
  ),
  guard(
    'what throws in an event is caught',
    'proxy/attempt.ts',
    ['  #spoil(cause: unknown): void {', '  #spoil(cause: unknown): void {\n    if (cause !== null) throw cause;'],
    'faults/own-code',
  ),
  guard(
    'a timer looks twice',
    'proxy/watchdog.ts',
    ['setImmediate(() => setImmediate(() => this.#decide(generation)));', 'this.#decide(generation);'],
    'proxy/watchdog',
    'faults/process',
  ),
  guard(
    'the prelude has a bound',
    'proxy/stream-reader.ts',
    ['this.#heldLength > MAX_PRELUDE', 'false'],
    'faults/answers',
  ),
  guard(
    'half a stream is not whole',
    'proxy/stream-reader.ts',
    ["    else this.#fail(new Fault('truncated'));\n  }", '    else this.#complete();\n  }'],
    'faults/answers',
  ),
  guard(
    'a whole body is whole',
    'proxy/attempt.ts',
    ["if (!whole) return this.#fail(new Fault('truncated'));", ''],
    'faults/answers',
    'security/responses',
  ),
  guard(
    'whole answers have a bound',
    'proxy/body-collector.ts',
    ['this.#length > this.#limit', 'false'],
    'faults/answers',
    'path/responses',
  ),
];

const AGAINST_CALLERS: readonly Guard[] = [
  guard(
    'one transfer encoding',
    'validate/framing.ts',
    ["encoding.toLowerCase() !== 'chunked'", 'false'],
    'security/requests',
  ),
  guard('one host', 'validate/framing.ts', ['countHosts(req.rawHeaders) > 1', 'false'], 'security/requests'),
  guard('bodies come in time', 'validate/read-body.ts', ['elapsedMs >= bodyTimeoutMs', 'false'], 'faults/clients'),
  guard(
    'bodies come fast enough',
    'validate/read-body.ts',
    ['size < (elapsedMs / 1_000) * SLOWEST', 'false'],
    'faults/clients',
  ),
  guard(
    'non-readers are cut off',
    'http/response-sink.ts',
    [
      'clock.setTimer(() => res.destroy(), this.#options.writeStallMs)',
      'clock.setTimer(() => {}, this.#options.writeStallMs)',
    ],
    'faults/clients',
  ),
  guard(
    'non-readers of one long write, too',
    'http/response-sink.ts',
    ['res.setTimeout(this.#options.writeStallMs, () => res.destroy());', ''],
    'faults/clients',
  ),
  guard(
    'those who leave cut their upstream off',
    'proxy/call.ts',
    ['lifeline.onGone(() => attempt.cancel())', 'lifeline.onGone(() => {})'],
    'faults/clients',
  ),
  guard(
    'requests have a cap',
    'admission.ts',
    ['this.#inside.length >= this.#options.maxInFlight', 'false'],
    'faults/process',
  ),
  guard('overload refuses', 'admission.ts', ['this.load === 2', 'false'], 'faults/overload'),
  guard(
    'the last byte is waited for',
    'admission.ts',
    ["else res.once('close', () => this.#remove(context));", 'else this.#remove(context);'],
    'faults/process',
  ),
  guard(
    'nobody goes where it has become full during the pause',
    'proxy/failover.ts',
    ['!this.#picker.stands(pick)', 'false'],
    'model/many-requests',
  ),
  guard(
    'a probe that says nothing is given back',
    'proxy/breaker.ts',
    ['if (call === this.#probe) this.#probe = undefined;', ''],
    'model/breaker-model',
    'model/interleavings',
  ),
  guard('the last call ends what is still open', 'drain.ts', ['admission.evict();', ''], 'model/interleavings'),
  guard(
    'who waits in the queue is let in',
    'http/stop-listening.ts',
    ['const QUIET_TURNS = 3;', 'const QUIET_TURNS = 0;'],
    'faults/shutdown',
  ),
  guard(
    'who has left holds no place',
    'admission.ts',
    ['context.client.onGone(() => this.leave(context));', ''],
    'faults/overload',
  ),
];

const OF_SECRETS: readonly Guard[] = [
  guard(
    'literal addresses are checked',
    'proxy/guarded-connection.ts',
    ['if (net.isIP(name) !== 0 && !mayDial(name)) return refusedSocket();', ''],
    'proxy/guarded-connection',
  ),
  guard(
    'every address of a name is checked',
    'proxy/guarded-connection.ts',
    ['!answers.every(({ address }) => mayDial(address))', 'false'],
    'path/overrides',
    'proxy/guarded-connection',
  ),
  guard(
    'texts lose their keys',
    'proxy/redact.ts',
    [
      "for (const spelling of spellings(secret)) clean = clean.replaceAll(spelling, '[redacted]');",
      'void spellings(secret);',
    ],
    'security/canary',
    'proxy/redact',
  ),
  guard(
    'hooks see no caller’s key',
    'route/route.ts',
    ['context.request = withoutKeys(request);', 'void withoutKeys;'],
    'security/canary',
  ),
];

const OF_FAILOVER: readonly Guard[] = [
  guard(
    'who has recovered is asked again',
    'proxy/pick.ts',
    ["|| (state === 'half-open' && !target.breaker.probing)", ''],
    'faults/outage',
  ),
  guard(
    'one probe at a time',
    'proxy/breaker.ts',
    ['this.#probe !== undefined ||', 'false ||'],
    'proxy/breaker',
    'model',
  ),
  guard(
    'only the probe decides',
    'proxy/breaker.ts',
    ['this.#isOpen ? call === this.#probe : this.#isBad()', 'this.#isBad()'],
    'proxy/breaker',
    'model',
  ),
  guard(
    'one tenant opens no breaker',
    'proxy/breaker.ts',
    ['return failing.size >= 2 || tenants.size <= 1;', 'return true;'],
    'proxy/breaker',
    'model',
  ),
  guard(
    'extra calls cost',
    'proxy/failover.ts',
    ['if (!this.#budget.take(cost)) break;', ''],
    'model',
    'proxy/failover',
  ),
  guard(
    'an answer gives back what it took',
    'proxy/failover.ts',
    ['this.#budget.refund(spent)', 'this.#budget.refund(5)'],
    'faults/outage',
  ),
  guard(
    'what was not bought is given back',
    'proxy/failover.ts',
    ['        this.#budget.refund(cost);\n        return undefined;', '        return undefined;'],
    'model',
  ),
  guard(
    'every call ends in the accounts',
    'proxy/visit.ts',
    ['  abandon(): void {\n    this.#leave();', '  abandon(): void {'],
    'model',
    'faults/own-code',
  ),
  guard(
    'names are asked for once',
    'proxy/shared-lookup.ts',
    ['if (!asked) ask(', 'ask('],
    'proxy/shared-lookup',
    'faults/connection',
  ),
  guard(
    'waits are believed within bounds',
    'proxy/retry-after.ts',
    ['ms > NONSENSE_MS ? undefined : Math.min(ms, LONGEST_MS)', 'ms'],
    'proxy/retry-after',
  ),
];

const OF_HEDGING: readonly Guard[] = [
  guard('who is outrun is cut off', 'proxy/hedging.ts', ['  rival.lifeline.end();\n', ''], 'path/hedging'),
  guard(
    'the host’s own code comes first',
    'proxy/hedging.ts',
    [
      'while (!ended.gone && call.askedForMs < ms) await pause(ms - call.askedForMs, clock, ended);',
      'await pause(ms, clock, ended);',
    ],
    'path/hedging',
  ),
  guard('what stays at a provider is asked for once', 'proxy/hedging.ts', ["['store', ", '['], 'path/hedging'),
  guard('a hedge is paid for', 'proxy/failover.ts', ['!this.#budget.takeSpare(HEDGE_COST)', 'false'], 'path/hedging'),
  guard(
    'failures come before hedges',
    'proxy/budget.ts',
    ['this.#tokens - cost >= CAPACITY / 2', 'true'],
    'path/hedging',
  ),
  guard(
    'one who leaves takes both along',
    'proxy/failover.ts',
    ['this.context.lifeline.onGone(() => lifeline.end());', ''],
    'path/hedging',
    'model/interleavings',
  ),
  guard('a second model is no second provider', 'proxy/pick.ts', ['model !== other.model', 'false'], 'path/hedging'),
];

/** Switch one off and a test fails, or it guards nothing. */
export const GUARDS: readonly Guard[] = [
  ...AGAINST_UPSTREAMS,
  ...AGAINST_CALLERS,
  ...OF_SECRETS,
  ...OF_FAILOVER,
  ...OF_HEDGING,
];
