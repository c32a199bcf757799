import { type Guard, guard } from './guard.ts';

const SCRIPT = 'stores/limit-script';

const OF_STORES: readonly Guard[] = [
  guard(
    'memory: a reservation is all or nothing',
    'stores/memory-limits.ts',
    [
      'if (!states.every((state, index) => isFree(state, holds[index]!, holds[index]!.amount))) {',
      'if (!states.slice(0, 1).every((state, index) => isFree(state, holds[index]!, holds[index]!.amount))) {',
    ],
    'stores/limits',
  ),
  guard(
    'memory: a lease is settled once',
    'stores/memory-limits.ts',
    ['    group.leases.delete(lease);\n    const held', '    const held'],
    'stores/limits',
  ),
  guard(
    'memory: a lease is granted once',
    'stores/memory-limits.ts',
    ['if (!isKnown) {', 'if (isKnown || !isKnown) {'],
    'stores/limits',
  ),
  guard(
    'memory: a repeated charge counts once',
    'stores/memory-limits.ts',
    ['this.#mark(`charge ${name} ${lease}`, GRACE_MS, now)', 'now > 0'],
    'stores/limits',
  ),
  guard(
    'memory: what a crashed process held goes back',
    'stores/memory-limits.ts',
    ['  giveBack(group, lease.held);\n', ''],
    'stores/limits',
  ),
  guard(
    'Redis: a reservation is all or nothing',
    `${SCRIPT}/steps.ts`,
    ['if not fits(h, h.amount) then', 'if h == holds[1] and not fits(h, h.amount) then'],
    'stores/limits',
  ),
  guard(
    'Redis: a lease is settled once',
    `${SCRIPT}/steps.ts`,
    ["if raw then remove('L' .. lease)", 'if raw then held = held'],
    'stores/limits',
  ),
  guard(
    'Redis: a lease is granted once',
    `${SCRIPT}/steps.ts`,
    ['  if not raw then\n    for', '  if true then\n    for'],
    'stores/limits',
  ),
  guard(
    'Redis: a repeated charge counts once',
    `${SCRIPT}/steps.ts`,
    ["if mode ~= 'charge' then return false end", 'if true then return false end'],
    'stores/limits',
  ),
  guard(
    'Redis: what a crashed process held goes back',
    `${SCRIPT}/leases.ts`,
    ['    giveBack(heldBy(raw))\n    put', '    put'],
    'stores/limits',
  ),
  guard(
    'Redis: a late settlement of an expired lease is charged',
    `${SCRIPT}/leases.ts`,
    ["    put('X' .. string.sub(name, 2), raw, now + GRACE)\n", ''],
    'stores/limits',
  ),
  guard(
    'Redis: an adjustment is held to the limit',
    `${SCRIPT}/steps.ts`,
    ['if not fits(h, growth(h)) then return refuse(growth) end', ''],
    'stores/limits',
  ),
  guard(
    'a store that has lost its data begins where the budget was',
    `${SCRIPT}/holds.ts`,
    ["if c.kind == 'window' and h.floor > c.amount then", 'if false then'],
    'stores/limits',
  ),
  guard(
    'groups have keys of their own',
    'stores/redis-limits.ts',
    ['const tag = encodeURIComponent(group);', 'const tag = group;'],
    'stores/limits',
  ),
  guard(
    'a slot of a rolling window counts until it has ended',
    'stores/limit-counters.ts',
    ['Math.floor(now / state.rate) - SLOTS;', 'Math.floor(now / state.rate) - SLOTS + 1;'],
    'stores/limits',
  ),
  guard(
    'Redis: what was used counts for all of a rolling window',
    `${SCRIPT}/counters.ts`,
    ['math.floor(now / c.rate) - SLOTS\n', 'math.floor(now / c.rate) - SLOTS / 2\n'],
    'stores/limits',
  ),
];

const OF_SHARES: readonly Guard[] = [
  guard(
    'what another process keeps is granted to no other',
    `${SCRIPT}/counters.ts`,
    ['if process ~= me then sum = sum + share.amount end', 'if false then sum = sum + share.amount end'],
    'limit/shares',
  ),
  guard(
    'a call takes its amount out of the share first',
    'limit/process-shares.ts',
    ['        share.free -= covered;\n', ''],
    'limit/shares',
  ),
  guard(
    'a share ends when the store gives it to others',
    'limit/process-shares.ts',
    ['        if (this.#clock.now() >= share.expiresAt) share.free = 0;\n', ''],
    'limit/shares',
  ),
  guard(
    'only what was committed is released',
    'limit/process-shares.ts',
    ['    if (!this.#isCommitted) return;\n', ''],
    'limit/shares',
  ),
  guard(
    'a call that arrives late does not set the share',
    `${SCRIPT}/holds.ts`,
    ['h.total >= 0 and sequence > mine.sequence', 'h.total >= 0'],
    'limit/shares',
  ),
  guard(
    'a share that would have covered what is refused is kept',
    `${SCRIPT}/holds.ts`,
    ['if h.own < amountOf(h) then takeOwn(h) end', 'takeOwn(h)'],
    'limit/shares',
  ),
  guard(
    'a share that is too small for what is refused is given up',
    `${SCRIPT}/holds.ts`,
    ['if h.own < amountOf(h) then takeOwn(h) end', ''],
    'limit/shares',
  ),
  guard(
    'a burst may use the share that is not known yet',
    'limit/resilient-store.ts',
    ['if (again.isCovered || again.hasMoreThan(ticket)) return', 'if (again.isCovered && again === ticket) return'],
    'limit/shares',
  ),
  guard(
    'without a reply an attempt is made only if a share covers it',
    'limit/resilient-store.ts',
    ['const isCovered = ticket?.isCovered ?? !isClosed;', 'const isCovered = isClosed || !isClosed;'],
    'limit/shares',
  ),
  guard(
    'what a share does not cover is refused',
    'limit/local-grants.ts',
    ['    if (ticket?.isCovered === false && !isUnreachable) return this.#notCovered(order, ticket);\n', ''],
    'limit/shares',
  ),
  guard(
    'only what was never requested from the store is used again',
    'limit/local-grants.ts',
    ['if (lease?.isOwn === true) for', 'if (lease !== undefined) for'],
    'limit/shares',
  ),
  guard(
    'a request that needs no settlement is charged after an outage',
    'limit/resilient-store.ts',
    [
      "if (requested.lease === '') this.#chargeFinal(order, isGranted, late);",
      "if (requested.lease === '') undefined;",
    ],
    'limit/shares',
  ),
  guard(
    'what the store may have granted to a refused request goes back',
    'limit/resilient-store.ts',
    [
      "        this.#debts.add({ ...order, holds: zeroed(order.holds), unknown: 'ignore' });",
      '        this.#debts.size;',
    ],
    'limit/shares',
  ),
  guard(
    'shares go back when the gateway closes',
    'limit/resilient-store.ts',
    ['await Promise.all((this.#shares?.giveUp() ?? []).map(giveUp));', 'void giveUp;'],
    'limit/shares',
  ),
  guard(
    'a budget that others keep may be tried again',
    'limit/refusals.ts',
    ["rule.unit === 'usd' && !isKept", "rule.unit === 'usd'"],
    'limit/refusals',
  ),
  guard(
    'a settlement that the store did not take is tried again',
    'limit/resilient-store.ts',
    ['this.#debts.add(settlement);', 'this.#debts.size;'],
    'limit/shares',
  ),
];

const OF_REQUESTS: readonly Guard[] = [
  guard(
    'a reservation is re-priced before each attempt',
    'limit/request-spend.ts',
    ['if (needed <= bound.held) return false;', 'if (needed > 0) return false;'],
    'limit/path',
  ),
  guard(
    'a request is settled once',
    'limit/request-spend.ts',
    ["    if (this.#state === 'finished') return;\n", ''],
    'limit/request-spend',
    'limit/stage',
  ),
  guard(
    'endpoints that are too dear are left out',
    'limit/request-spend.ts',
    [
      'tooDear: plan!.candidates.filter((endpoint) => !this.#holdings.pays(endpoint, true)) };',
      'tooDear: plan!.candidates.slice(0, 0) };',
    ],
    'limit/request-spend',
  ),
  guard(
    'what one group has granted goes back where another refuses',
    'limit/request-spend.ts',
    ['      this.#giveBack(all);\n', ''],
    'limit/request-spend',
  ),
  guard(
    'the dry run uses nothing up',
    'limit/request-spend.ts',
    [
      'this.#limits.store.read(this.#orderOf(group)));',
      'this.#limits.store.reserve(this.#orderOf(group), { leftMs: 50 }));',
    ],
    'limit/path',
  ),
  guard(
    'the dry run counts no refusal',
    'limit/request-spend.ts',
    ['if (this.#owner !== undefined) this.#limits.count(rule, event);', 'this.#limits.count(rule, event);'],
    'limit/request-spend',
  ),
  guard(
    'a cache hit is free if the rule sets it',
    'limit/request-spend.ts',
    ["rule.cached === 'free' && this.#context.cacheStatus === 'HIT' ? 0 : 1", "rule.cached === 'free' ? 1 : 1"],
    'limit/path',
  ),
  guard(
    'a cache hit costs no money',
    'limit/request-spend.ts',
    ["      case 'usd':\n        return this.#costs.usd;", "      case 'usd':\n        return this.#costs.usd || 0.4;"],
    'limit/path',
  ),
  guard(
    "a caller's own key costs nothing",
    'limit/attempt-costs.ts',
    ['    if (isOwn) return undefined;\n', ''],
    'limit/request-spend',
  ),
  guard(
    "nothing is reserved for a caller's own key",
    'limit/holdings.ts',
    ['    if (plan.usesCallerCredential(endpoint)) return 0;\n', ''],
    'limit/path',
  ),
  guard(
    'an endpoint without a price stops the start',
    'limit/check-endpoints.ts',
    ['&& free !== undefined', '&& free === null'],
    'limit/path',
  ),
  guard(
    'a block ends open requests',
    'limit/blocks.ts',
    ['if (found !== undefined) request.abort(found.untilMs, found.subject);', ''],
    'limit/path',
    'limit/redis',
  ),
  guard(
    'a block refuses new requests',
    'limit/limit.ts',
    ['if (block !== undefined) throw blocked', 'if (block === null) throw blocked'],
    'limit/path',
  ),
  guard(
    'a process that has just started knows who is blocked',
    'limit/blocks.ts',
    ['return this.#syncedAt === -Infinity ? this.#syncing : undefined;', 'return undefined;'],
    'limit/blocks',
  ),
  guard(
    'the store holds no request up for longer than its timeout',
    'limit/store-link.ts',
    ['this.#breaker.run(() => pending, limits.leftMs);', 'this.#breaker.run(() => pending, 60_000);'],
    'limit/shares',
  ),
  guard(
    'all calls of a request together take no longer than the timeout',
    'limit/store-link.ts',
    ['    limits.leftMs -= this.#clock.now() - startedAt;\n', ''],
    'limit/shares',
  ),
  guard(
    'the timeout of the store is 50 ms at most',
    'limit/limit-options.ts',
    ['const MAX_STORE_MS = 50;', 'const MAX_STORE_MS = 5_000;'],
    'limit/options',
  ),
  guard(
    'a window of the calendar ends with its last millisecond',
    'limit/rules.ts',
    ['|| now >= this.#window.end)', '|| now > this.#window.end)'],
    'limit/rules',
  ),
  guard(
    'a counter of the calendar is left when its window ends',
    'limit/rules.ts',
    ['now < known.counter.expiresAt)', 'now <= known.counter.expiresAt)'],
    'limit/rules',
  ),
  guard(
    'a burst is bounded apart from the rate',
    'limit/rules.ts',
    ['burst ?? limit);', 'limit);'],
    'limit/rules',
    'limit/path',
  ),
  guard(
    'an alert is given once per window',
    'limit/alerts.ts',
    ['    if ((this.#given.get(given) ?? 0) > now) return;\n', ''],
    'limit/path',
    'limit/redis',
  ),
  guard(
    'an alert is given by one process',
    'limit/alerts.ts',
    ['if (await this.#store.claim(group, name, ttlMs)) await', 'if (group !== name) await'],
    'limit/redis',
  ),
  guard(
    'a client does not retry against a budget',
    'limit/refusals.ts',
    [
      "{ status, headers: { 'x-should-retry': 'false' }, metadata: metadataOf(rule, level, resetsAt) },",
      '{ status, metadata: metadataOf(rule, level, resetsAt) },',
    ],
    'limit/refusals',
    'limit/path',
  ),
  guard(
    'a warning lets the request pass',
    'limit/bound-rules.ts',
    ["enforced: rule.onExceeded !== 'warn'", 'enforced: rule.onExceeded !== undefined'],
    'limit/path',
  ),
  guard(
    'a wrong policy admits no caller',
    'limit/limit.ts',
    [
      "if (!Array.isArray(limits)) throw optionError('policy.limits', 'must be a list of rules', limits);",
      'if (!Array.isArray(limits)) return [];',
    ],
    'limit/path',
  ),
  guard(
    'a batch that was not written is written again',
    'limit/spend-sink.ts',
    ['      this.#queue.unshift(...batch);\n', ''],
    'limit/path',
  ),
];

/** Limits, budgets and accounts. */
export const OF_LIMITS: readonly Guard[] = [...OF_STORES, ...OF_SHARES, ...OF_REQUESTS];
