/** A guard of the source, how it is switched off, and the tests of which at least one must then fail. */
export interface Guard {
  readonly about: string;
  readonly file: string;
  /** Occurs in the file exactly once. */
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
    '101 is not a response',
    'transports/http-proxy/fake-request.ts',
    ['message.statusCode === 101', 'false'],
    'security/responses',
    'transports/http-proxy-transport',
  ),
  guard(
    'only HTTP/1 is accepted',
    'transports/http-proxy/fake-request.ts',
    ['message.httpVersionMajor !== 1', 'false'],
    'faults/answers',
  ),
  guard(
    'interim responses are limited',
    'transports/http-proxy/fake-request.ts',
    ['++this.#interim > MAX_INTERIM', 'false'],
    'security/responses',
    'transports/http-proxy-transport',
  ),
  guard(
    'only a closed idle connection is retried',
    'transports/http-proxy/fake-request.ts',
    [' && isHangUp(error)', ''],
    'faults/connection',
  ),
  guard(
    'a request on a stale connection is sent again',
    'proxy/response/upstream-exchange.ts',
    ['reusedSocket && !this.#reconnected', 'false'],
    'faults/connection',
  ),
  guard(
    'comments and empty chunks do not postpone the first-chunk timeout without end',
    'proxy/response/exchange-timers.ts',
    ['const left = Math.max(1, this.#firstChunkBy - clock.now());', 'const left = Infinity;'],
    'path/odd-streams',
  ),
  guard(
    'comments do not extend the tail of a stream',
    'proxy/response/stream-pipe.ts',
    ["else if (this.#state !== 'tail') timers.refresh(now);", 'else timers.refresh(now);'],
    'path/odd-streams',
  ),
  guard(
    'a finish reason in every chunk is not trusted',
    'proxy/response/stream-reader.ts',
    ['whole ? this.progress.complete : this.progress.certain', 'this.progress.complete'],
    'path/odd-streams',
  ),
  guard(
    'a response with content after its finish reason is not stored',
    'cache/recording-sink.ts',
    [' || assembler.contradictory', ''],
    'path/odd-streams',
  ),
  guard(
    'a chunk template differs in generated text only',
    'proxy/response/stream-reader.ts',
    [' && this.progress.spoke;', ';'],
    'path/odd-streams',
  ),
  guard(
    'comments alone do not keep a stream open',
    'proxy/response/stream-pipe.ts',
    ['return reader.committed && now - this.#lastEventAt > 2 * this.#options.idleMs', 'return false'],
    'faults/streams',
  ),
  guard(
    'exceptions in events are caught',
    'proxy/response/upstream-exchange.ts',
    [
      '  #failWithThrown(cause: unknown): void {',
      '  #failWithThrown(cause: unknown): void {\n    if (cause !== null) throw cause;',
    ],
    'faults/user-code-errors',
  ),
  guard(
    'a timer checks again before it fires',
    'proxy/response/inactivity-timer.ts',
    ['setImmediate(() => setImmediate(() => this.#decide(generation)));', 'this.#decide(generation);'],
    'proxy/inactivity-timer',
    'faults/process',
  ),
  guard(
    'held chunks are limited',
    'proxy/response/held-chunks.ts',
    ['this.#length <= MAX_HELD', 'true'],
    'faults/answers',
  ),
  guard(
    'empty deltas are limited',
    'proxy/response/held-chunks.ts',
    ['this.#emptyLength <= MAX_EMPTY', 'true'],
    'faults/answers',
  ),
  guard(
    'half a stream is not complete',
    'proxy/response/stream-reader.ts',
    ["    else this.#fail(new UpstreamFailure('truncated'));\n  }", '    else this.#complete();\n  }'],
    'faults/answers',
  ),
  guard(
    'a whole body must be complete',
    'proxy/response/buffered-body.ts',
    ["if (!whole) return new UpstreamFailure('truncated');", ''],
    'faults/answers',
    'security/responses',
  ),
  guard(
    'whole responses are limited',
    'proxy/response/body-collector.ts',
    ['this.#length > this.#limit', 'false'],
    'faults/answers',
    'path/responses',
  ),
];

const AGAINST_CALLERS: readonly Guard[] = [
  guard(
    'only one transfer encoding is accepted',
    'validate/framing.ts',
    ["encoding.toLowerCase() !== 'chunked'", 'false'],
    'security/requests',
  ),
  guard('one host', 'validate/framing.ts', ['countHosts(req.rawHeaders) > 1', 'false'], 'security/requests'),
  guard('bodies come in time', 'validate/read-body.ts', ['elapsedMs >= bodyTimeoutMs', 'false'], 'faults/clients'),
  guard(
    'slow bodies are refused',
    'validate/read-body.ts',
    ['size < (elapsedMs / 1_000) * SLOWEST', 'false'],
    'faults/clients',
  ),
  guard(
    'clients that do not read are disconnected',
    'http/response-sink.ts',
    [
      'clock.setTimer(() => res.destroy(), this.#options.writeStallMs)',
      'clock.setTimer(() => {}, this.#options.writeStallMs)',
    ],
    'faults/clients',
  ),
  guard(
    'clients that do not read one long write are disconnected',
    'http/response-sink.ts',
    ['res.setTimeout(this.#options.writeStallMs, () => res.destroy());', ''],
    'faults/clients',
  ),
  guard(
    'a client abort aborts the upstream call',
    'proxy/failover/attempt.ts',
    ['this.#cancelSignal.onAbort(() => exchange.cancel())', 'this.#cancelSignal.onAbort(() => {})'],
    'faults/clients',
  ),
  guard(
    'requests in flight are limited',
    'runtime/admission.ts',
    ['this.#inFlight.length >= this.#options.maxInFlight', 'false'],
    'faults/process',
  ),
  guard('overload refuses', 'runtime/admission.ts', ['this.load === 2', 'false'], 'faults/overload'),
  guard(
    'drain waits for the last byte',
    'runtime/admission.ts',
    ['else client.onClosed(() => this.#remove(context));', 'else this.#remove(context);'],
    'faults/process',
  ),
  guard(
    'a provider that filled up during the pause is skipped',
    'proxy/failover/failover.ts',
    ['!this.#selector.stillAvailable(selection)', 'false'],
    'model/many-requests',
  ),
  guard(
    'an unused probe is returned',
    'proxy/failover/circuit-breaker.ts',
    ['if (call === this.#probe) this.#probe = undefined;', ''],
    'model/breaker-model',
    'model/interleavings',
  ),
  guard(
    'the abort phase of drain ends open requests',
    'runtime/drain.ts',
    ['admission.abortAll();', ''],
    'model/interleavings',
  ),
  guard(
    'queued connections are accepted on shutdown',
    'runtime/close-listener.ts',
    ['const QUIET_TURNS = 3;', 'const QUIET_TURNS = 0;'],
    'faults/shutdown',
  ),
  guard(
    'aborted requests free their slot',
    'runtime/admission.ts',
    ['context.client.onAbort(() => this.leave(context));', ''],
    'faults/overload',
  ),
];

const OF_SECRETS: readonly Guard[] = [
  guard(
    'literal addresses are checked',
    'transports/ssrf-guard.ts',
    ['if (net.isIP(name) !== 0 && !isAllowed(name)) return refusedSocket();', ''],
    'transports/ssrf-guard',
  ),
  guard(
    'every address of a name is checked',
    'transports/ssrf-guard.ts',
    ['!addresses.every(({ address }) => isAllowed(address))', 'false'],
    'path/overrides',
    'transports/ssrf-guard',
  ),
  guard(
    'keys are redacted in texts',
    'proxy/response/redact.ts',
    [
      "for (const spelling of spellings(secret)) clean = clean.replaceAll(spelling, '[redacted]');",
      'void spellings(secret);',
    ],
    'security/secret-canaries',
    'proxy/redact',
  ),
  guard(
    'hooks see no caller’s key',
    'route/decide.ts',
    ['context.request = withoutKeys(request);', 'void withoutKeys;'],
    'security/secret-canaries',
  ),
];

const OF_FAILOVER: readonly Guard[] = [
  guard(
    'a recovered endpoint is used again',
    'proxy/failover/candidate-selector.ts',
    ["|| (state === 'half-open' && !endpointState.breaker.probing)", ''],
    'faults/outage',
  ),
  guard(
    'one probe at a time',
    'proxy/failover/circuit-breaker.ts',
    ['this.#probe !== undefined ||', 'false ||'],
    'proxy/circuit-breaker',
    'model',
  ),
  guard(
    'only the probe closes or opens a half-open breaker',
    'proxy/failover/circuit-breaker.ts',
    ['this.#isOpen ? call === this.#probe : this.#isBad()', 'this.#isBad()'],
    'proxy/circuit-breaker',
    'model',
  ),
  guard(
    'one tenant alone opens no breaker',
    'proxy/failover/circuit-breaker.ts',
    ['return failing.size >= 2 || tenants.size <= 1;', 'return true;'],
    'proxy/circuit-breaker',
    'model',
  ),
  guard(
    'extra calls cost',
    'proxy/failover/failover.ts',
    ['if (!this.#budget.take(cost)) break;', ''],
    'model',
    'proxy/failover',
  ),
  guard(
    'a response returns its retry tokens',
    'proxy/failover/failover.ts',
    ['this.#budget.refund(spent)', 'this.#budget.refund(5)'],
    'faults/outage',
  ),
  guard(
    'an attempt that was not started is refunded',
    'proxy/failover/failover.ts',
    ['        this.#budget.refund(cost);\n        return undefined;', '        return undefined;'],
    'model',
  ),
  guard(
    'every attempt is accounted for',
    'proxy/failover/attempt-ticket.ts',
    ['  abandon(): void {\n    this.#leave();', '  abandon(): void {'],
    'model',
    'faults/user-code-errors',
  ),
  guard(
    'DNS lookups are shared',
    'transports/dns-cache.ts',
    ['if (isFirst) start(', 'start('],
    'transports/dns-cache',
    'faults/connection',
  ),
  guard(
    'retry-after is capped',
    'proxy/retry-after.ts',
    ['ms > LONGEST_MS ? undefined : ms', 'ms'],
    'proxy/retry-after',
  ),
];

const OF_HEDGING: readonly Guard[] = [
  guard(
    'a superseded attempt is aborted',
    'proxy/failover/hedging.ts',
    ['  rival.cancelSignal.abort();\n', ''],
    'path/hedging',
  ),
  guard(
    'the host’s own code has settled before a hedge',
    'proxy/failover/hedging.ts',
    [
      'while (!ended.aborted && call.upstreamElapsedMs < ms) await pause(ms - call.upstreamElapsedMs, clock, ended);',
      'await pause(ms, clock, ended);',
    ],
    'path/hedging',
  ),
  guard('what stays at a provider is asked for once', 'proxy/failover/hedging.ts', ["['store', ", '['], 'path/hedging'),
  guard(
    'a hedge is paid for',
    'proxy/failover/failover.ts',
    ['!this.#budget.takeSpare(HEDGE_COST)', 'false'],
    'path/hedging',
  ),
  guard(
    'failures come before hedges',
    'proxy/failover/retry-budget.ts',
    ['this.#tokens - cost >= CAPACITY / 2', 'true'],
    'path/hedging',
  ),
  guard(
    'an abort ends both attempts',
    'proxy/failover/failover.ts',
    ['this.context.cancelSignal.onAbort(() => cancelSignal.abort());', ''],
    'path/hedging',
    'model/interleavings',
  ),
  guard(
    'a hedge stays with the model',
    'proxy/failover/candidate-selector.ts',
    ['model !== other.model', 'false'],
    'path/hedging',
  ),
];

/** Switch one off and a test fails, or it guards nothing. */
const IN_GUARDS: readonly Guard[] = [
  guard(
    'onError of a guard is required',
    'guard/guard-options.ts',
    ["onError !== 'open' && onError !== 'closed'", 'false'],
    'guard/options',
  ),
  guard(
    'a guard that fails closed refuses',
    'guard/ask-guard.ts',
    ["if (guard.onError === 'open') return 'pass';", "return 'pass';"],
    'guard/verdicts.sockets',
  ),
  guard(
    'a verdict has a timeout',
    'guard/ask-guard.ts',
    ['limitMs: guard.timeoutMs', 'limitMs: Infinity'],
    'guard/verdicts.sockets',
  ),
  guard(
    'a check is aborted when the client disconnects',
    'guard/ask-guard.ts',
    ['    state.abort();\n    throw new GuardAborted();', '    throw new GuardAborted();'],
    'guard/verdicts.sockets',
  ),
  guard(
    'an invalid verdict is a failure',
    'guard/ask-guard.ts',
    ['if (!isVerdict(waited.value, guard)) throw noVerdict(guard);', ''],
    'guard/verdicts.sockets',
  ),
  guard(
    'a guard beside the call holds the response',
    'guard/guard.ts',
    ['    beside.length === 0,\n', '    true,\n'],
    'guard/verdicts.sockets',
  ),
  guard(
    'guards of the prompt are called',
    'guard/guard.ts',
    ['checked = checkBefore(guards.before,', 'checked = checkBefore([],'],
    'guard/verdicts.sockets',
  ),
  guard(
    'blocked responses end the upstream call',
    'guard/response-gate.ts',
    ['if (!end.passed) this.cancelSignal.abort();', ''],
    'guard/verdicts.sockets',
  ),
  guard(
    'a held finish reason waits',
    'guard/output/stream-guard.ts',
    ['hasEnded(choice) && this.#channels.isPending(indexOf(choice, position))', 'false'],
    'guard/streams.sockets',
  ),
  guard(
    'log probabilities are left out',
    'guard/output/stream-guard.ts',
    ['if (this.#strips && strip(choice)) isStripped = true;', ''],
    'guard/streams.sockets',
  ),
  guard(
    'log probabilities of whole responses are left out',
    'guard/output/completion-guard.ts',
    ["if (isRecord(choice['logprobs'])) choice['logprobs'] = null;", ''],
    'guard/streams.sockets',
  ),
  guard(
    'a tail is checked at the end',
    'guard/output/stream-guard.ts',
    ["channel.push('', true)", "channel.push('', false)"],
    'guard/verdicts.sockets',
  ),
  guard(
    'the window is held',
    'guard/output/check-filter.ts',
    ['return Math.max(0, this.#held.length - this.#windowSize());', 'return this.#held.length;'],
    'guard/verdicts.sockets',
  ),
  guard(
    'mode whole releases nothing early',
    'guard/output/check-filter.ts',
    ["if (this.#guard.mode === 'whole') return 0;", ''],
    'guard/verdicts.sockets',
  ),
  guard(
    'the last verdict of a watching guard counts',
    'guard/output/watch-filter.ts',
    ['if (!this.#isNew) return piece;', 'return piece;'],
    'guard/verdicts.sockets',
  ),
  guard(
    'unknown members are guarded',
    'guard/output/text-slots.ts',
    [
      "  if (typeof value === 'string') addSlot(",
      "  if (typeof value === 'string' && place.member !== 'something_new') addSlot(",
    ],
    'guard/streams.sockets',
  ),
  guard(
    'JSON escapes are decoded',
    'guard/text/json-view.ts',
    ["if (!this.#inString || received[index] !== '\\\\') return 1;", 'return 1;'],
    'guard/detect',
  ),
  guard(
    'an escape that is cut waits',
    'guard/text/json-view.ts',
    ['index + length > received.length && !final', 'false'],
    'guard/detect',
  ),
  guard(
    'restored values are escaped',
    'guard/text/json-view.ts',
    ['this.#inside[at] === true ? quoted.slice(1, -1) : quoted', 'value'],
    'guard/restore.sockets',
  ),
  guard(
    'requested JSON stays JSON',
    'guard/guard.ts',
    ["format?.type === 'json_object' ||", ''],
    'guard/restore.sockets',
  ),
  guard(
    'unfinished values hold what follows',
    'guard/detect/scan.ts',
    [
      'if (found.end === undefined) return { values, holdFrom: found.start };',
      'if (found.end === undefined) return { values, holdFrom: text.length };',
    ],
    'guard/detect',
  ),
  guard('mod 97', 'guard/detect/iban.ts', ['return rest === 1;', 'return true;'], 'guard/detect'),
  guard('Luhn', 'guard/detect/card.ts', ['return sum % 10 === 0;', 'return true;'], 'guard/detect'),
  guard(
    'the length of a private key is limited',
    'guard/detect/private-key.ts',
    ['if (text.length >= limit) return { start, end: limit };', ''],
    'guard/detect',
  ),
  guard(
    'placeholders differ between conversations',
    'guard/placeholders.ts',
    ['JSON.stringify([conversation, type, value])', 'JSON.stringify([type, value])'],
    'guard/restore.sockets',
  ),
  guard(
    'placeholders differ between callers',
    'guard/conversation.ts',
    ["[caller?.id ?? '', ...", "['', ..."],
    'guard/restore.sockets',
  ),
  guard(
    'blocked responses are not stored',
    'cache/response-recorder.ts',
    ['passed ? withUsage(completion, context) : undefined', 'withUsage(completion, context)'],
    'guard/cache.sockets',
  ),
  guard(
    'guards are part of the key',
    'cache/key.ts',
    ["guardDigest === '' ? requestDigest : `${requestDigest} ${guardDigest}`", 'requestDigest'],
    'guard/cache.sockets',
  ),
  guard(
    'a blocked subscriber leaves a shared call',
    'cache/coalesce/shared-request.ts',
    ['(context.responseGate?.cancelSignal ?? context.client)', 'context.client'],
    'guard/cache.sockets',
  ),
  guard(
    'a blocked leader gets its error immediately',
    'guard/response-gate.ts',
    ['if (isShared) this.#rejectStage?.(error);', ''],
    'guard/cache.sockets',
  ),
  guard(
    "a block is one client's own",
    'request/run-stages.ts',
    ['(gate ?? context.sink).fail(error);', 'context.sink.fail(error);'],
    'guard/cache.sockets',
  ),
  guard(
    'the response waits for the last verdict',
    'request/run-stages.ts',
    ['if (context.responseGate !== undefined) await guardedEnd(context, context.responseGate);', ''],
    'guard/verdicts.sockets',
  ),
  guard(
    'a rejected candidate is not tried again',
    'proxy/failover/failover.ts',
    [
      '    this.#selector.recordFailure(candidate, failure);\n    this.#failures.push({ failure, provider: candidate',
      '    this.#failures.push({ failure, provider: candidate',
    ],
    'guard/verdicts.sockets',
  ),
  guard(
    'guards apply backpressure',
    'guard/output/guarded-sink.ts',
    ['if (this.#isBlocked) return this.#awaitDrain();', ''],
    'guard/guarded-sink',
  ),
  guard(
    'held text of a response is bounded',
    'guard/output/channels.ts',
    ["if (this.#held > MAX_HELD) throw tooMuch('holds back too much');", ''],
    'guard/limits.sockets',
  ),
  guard(
    'channels of a response are bounded',
    'guard/output/channels.ts',
    ["if (this.#channels.size >= MAX_CHANNELS) throw tooMuch('has too many parts');", ''],
    'guard/limits.sockets',
  ),
  guard(
    'a whole text is bounded',
    'guard/output/check-filter.ts',
    ["if (this.#guard.mode === 'whole' && this.#held.length > MAX_WHOLE) this.#tooLong();", ''],
    'guard/limits.sockets',
  ),
  guard(
    'only consented responses are captured',
    'http/capture-sink.ts',
    ['if (this.#options.wants()) this.#events = [];', 'this.#events = [];'],
    'guard/capture.sockets',
  ),
  guard(
    'captured responses are bounded',
    'http/capture-sink.ts',
    ['if (this.#room < 0) this.#events = undefined;', 'if (false) this.#events = undefined;'],
    'guard/capture.sockets',
  ),
];

export const GUARDS: readonly Guard[] = [
  ...IN_GUARDS,
  ...AGAINST_UPSTREAMS,
  ...AGAINST_CALLERS,
  ...OF_SECRETS,
  ...OF_FAILOVER,
  ...OF_HEDGING,
];
