import type { IncomingMessage } from 'node:http';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from './caller.js';
import type { LimitStore } from './limit-store.js';

/** Limits of callers, and what happens beyond them. */
export interface LimitOptions {
  /** A request passes if every rule allows it. */
  readonly rules: readonly LimitRule[];
  /** Stores the counters: `redisLimits(client)`, `memoryLimits()`, or your own. @defaultValue `memoryLimits()` */
  readonly store?: LimitStore | undefined;
  /**
   * While the store fails or takes longer than `storeTimeoutMs`: `local` counts in this process, up to its share of the
   * remaining limit; `open` lets everything pass; `closed` responds 503. Use in the meantime is charged afterwards.
   *
   * With `local` and a store that keeps shares (`redisLimits`), a process grants USD and calendar windows from a share that
   * the store reserves for it alone: half of the remaining amount ÷ processes (`remaining ÷ processes` if that option is
   * set), until two minutes after the process last served the caller; none if little remains. A request that no share
   * covers gets 429 while the store is late; after a minute without the store it gets its part of the last known
   * remaining amount. Rolling requests and tokens, and concurrent requests, are divided by the number of processes.
   * @defaultValue `'local'`
   */
  readonly onStoreError?: 'local' | 'open' | 'closed' | undefined;
  /** Longest wait of a request for the store, in milliseconds; 50 at most. @defaultValue `50` */
  readonly storeTimeoutMs?: number | undefined;
  /**
   * Number of processes that share the limits. If it is set, the whole remaining amount of a window is divided among them.
   * @defaultValue the number that the store last reported
   */
  readonly processes?: number | undefined;
  /**
   * Status of a request that exceeds a budget. OpenAI's own API responds with 429.
   * @defaultValue `402`
   */
  readonly budgetStatus?: 402 | 429 | undefined;
  /**
   * What a stream is charged whose client disconnected: the `delivered` part, the `reserved` amount, or the usage that
   * the upstream reports when its response is read to the end (`drain`, for up to `drainMs`).
   * @defaultValue `'delivered'`
   */
  readonly onAbort?: 'delivered' | 'reserved' | 'drain' | undefined;
  /**
   * With `onAbort: 'drain'`: how long a response is read after its client disconnected, in milliseconds.
   * @defaultValue `30_000`
   */
  readonly drainMs?: number | undefined;
  /**
   * USD that a request to an endpoint without a price counts under a `usd` rule. Without it, such an endpoint is an
   * error at start-up.
   */
  readonly unpriced?: number | undefined;
  /** Called when a threshold of `alertAt` is reached: once per rule, key and window, in one of the processes. */
  readonly onAlert?: ((alert: LimitAlert) => void | Promise<void>) | undefined;
}

/** One limit: exactly one of `requests`, `tokens`, `concurrent` and `usd`. */
export interface LimitRule {
  /** Name in headers, errors and metrics: letters, digits, `.`, `_`, `-`. Unique. */
  readonly name: string;
  /**
   * Which requests share one counter. `team` and `tenant` are members of the caller; `session` is the `x-session-id`
   * header or the request's `session_id`; a function returns the key, or `undefined` if the rule does not apply.
   */
  readonly by: LimitSubject | ((state: LimitState) => string | undefined);
  /** Requests per window. */
  readonly requests?: number | undefined;
  /** Tokens of prompts and completions per window. */
  readonly tokens?: number | undefined;
  /** Requests in flight at once. */
  readonly concurrent?: number | undefined;
  /** USD per window. */
  readonly usd?: number | undefined;
  /**
   * A calendar window, or a rolling one: `'30s'`, `'1m'`, `'24h'`, `'7d'`. Requests and tokens of a rolling window are
   * returned gradually, those of a calendar window all at once. Not with `concurrent`.
   */
  readonly per?: LimitWindow | undefined;
  /** IANA zone whose midnight ends a calendar window: `'Europe/Zurich'`. @defaultValue `'UTC'` */
  readonly timeZone?: string | undefined;
  /** Requests or tokens of a rolling window that may be used at once. @defaultValue the limit itself */
  readonly burst?: number | undefined;
  /**
   * Amount reserved for the completion of a request: its maximum (`worst`), or the 95th percentile of the caller's
   * responses of this model (`expected`). The difference is settled when the response has ended.
   * @defaultValue `'worst'`
   */
  readonly reserve?: 'worst' | 'expected' | undefined;
  /**
   * Beyond the limit: an error, a warning in the headers, or other models, to which this rule does not apply.
   * @defaultValue `'refuse'`
   */
  readonly onExceeded?: 'refuse' | 'warn' | { readonly models: readonly string[] } | undefined;
  /** Shares of the limit at which `onAlert` is called: `[0.5, 0.8, 1]`. */
  readonly alertAt?: readonly number[] | undefined;
  /** Whether a response from the cache counts as a request. @defaultValue `'count'` */
  readonly cached?: 'count' | 'free' | undefined;
}

/** Subject of a rule. */
export type LimitSubject = 'caller' | 'tenant' | 'team' | 'session' | 'model';

/** The window of a rule. */
export type LimitWindow =
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | `${number}s`
  | `${number}m`
  | `${number}h`
  | `${number}d`;

/** State for the `by` function of a rule. */
export interface LimitState {
  /** The caller. */
  readonly caller: Caller;
  /** Node's request. */
  readonly req: IncomingMessage;
  /** The validated body. */
  readonly request: ChatRequest;
  /** The first model of the request. */
  readonly model: string;
  /** The header `x-session-id`, or `session_id` of the request. */
  readonly session: string | undefined;
}

/** A threshold of a rule that was reached. */
export interface LimitAlert {
  /** Name of the rule. */
  readonly rule: string;
  /** Whose limit it is: the value of the rule's `by`. */
  readonly key: string;
  /** The threshold. */
  readonly ratio: number;
  /** Requests, tokens or USD. */
  readonly used: number;
  /** The limit, in the unit of the rule. */
  readonly limit: number;
}

/** Blocks one subject until a point in time. */
export interface LimitBlock {
  /** A subject, or the name of a rule whose `by` is a function. */
  readonly by: string;
  /** Which one: the caller's id, the team, the model … */
  readonly key: string;
  /** Unix time in milliseconds. A time in the past lifts the block. */
  readonly untilMs: number;
}

/** Restrictions and limits of one caller. */
export interface CallerPolicy {
  /** Names of models, `*` for any part of one: `['gpt-*', 'small']`. @defaultValue all */
  readonly models?: readonly string[] | undefined;
  /** Slugs of providers or endpoints. @defaultValue all */
  readonly providers?: readonly string[] | undefined;
  /** Highest price of an endpoint: USD per million tokens, per request, per image. */
  readonly maxPrice?:
    | {
        readonly prompt?: number | undefined;
        readonly completion?: number | undefined;
        readonly request?: number | undefined;
        readonly image?: number | undefined;
      }
    | undefined;
  /** Only endpoints with zero data retention. @defaultValue `false` */
  readonly zdr?: boolean | undefined;
  /** Rules for this caller alone. They are counted by its id, whatever their `by`. */
  readonly limits?: readonly LimitRule[] | undefined;
}

/** Usage of one caller. */
export interface CallerUsage {
  /** Id of the caller. */
  readonly caller: string;
  /** Requests to this process since it started. */
  readonly requests: number;
  /** Tokens of prompts and completions in this process since it started. */
  readonly tokens: number;
  /** USD spent through this process since it started. */
  readonly costUsd: number;
  /** Usage of each rule that applies to the caller, as the store has counted it. */
  readonly limits: readonly LimitUsage[];
}

/** Usage of one rule. */
export interface LimitUsage {
  /** Name of the rule. */
  readonly rule: string;
  /** What the rule counts. */
  readonly unit: 'requests' | 'tokens' | 'concurrent' | 'usd';
  /** The limit, in `unit`. */
  readonly limit: number;
  /** Used and reserved, in `unit`. */
  readonly used: number;
  /** The remaining amount, in `unit`; never negative. */
  readonly remaining: number;
  /** End of a calendar window, in ISO 8601. */
  readonly resetsAt: string | undefined;
}

/** Usage of callers and of rules, for the status page. */
export interface UsageReport {
  /** The eight callers with the highest cost in this process since it started. */
  readonly callers: readonly Omit<CallerUsage, 'limits'>[];
  /** At most 16 rules that recent requests to this process used. */
  readonly rules: readonly RuleUsage[];
}

/** Usage of one rule, by the five keys with the highest usage. */
export interface RuleUsage {
  readonly rule: string;
  readonly unit: LimitUsage['unit'];
  /** Length of the window; `undefined` for rules that count requests in flight. */
  readonly windowMs: number | undefined;
  readonly keys: readonly (Pick<LimitUsage, 'limit' | 'used' | 'remaining' | 'resetsAt'> & {
    /** What the rule counts by: the id of a caller, a team, a model. */
    readonly key: string;
  })[];
}

/** Cost of one request. */
export interface SpendRecord {
  /** The same for every delivery of this record, so that a ledger can use it as an idempotency key. */
  readonly requestId: string;
  /** End of the request, in ISO 8601. */
  readonly at: string;
  /** Id of the caller. */
  readonly caller: string | undefined;
  /** Whose budget it was: the caller's `tenant`, else `team`, else `id`. */
  readonly tenant: string | undefined;
  /** The header `x-session-id`, or `session_id` of the request. */
  readonly session: string | undefined;
  /** Name of the model that responded. */
  readonly model: string | undefined;
  /** Key of the provider that responded. */
  readonly provider: string | undefined;
  /** Slug of the endpoint that responded. */
  readonly slug: string | undefined;
  /** Tokens of the response, and estimates of attempts without usage; `input` includes the cache, `output` reasoning. */
  readonly tokens: {
    readonly input: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly reasoning: number;
  };
  /** USD of all attempts together. */
  readonly costUsd: number;
  /** Part of the cost was estimated from sizes, because no usage was reported. */
  readonly estimated: boolean;
  /** How the request ended. */
  readonly outcome: 'complete' | 'aborted' | 'failed' | 'cached' | 'coalesced';
  /** Every upstream call of the request, in order. */
  readonly attempts: readonly SpendAttempt[];
}

/** Cost of one attempt. */
export interface SpendAttempt {
  /** Slug of the endpoint. */
  readonly slug: string;
  /** HTTP status of the upstream, if there was a response. */
  readonly status: number | undefined;
  /** It failed, and the provider may charge for it. */
  readonly possiblyBilled: boolean;
  /** USD; `undefined` where nothing was charged or the endpoint has no price. */
  readonly costUsd: number | undefined;
  /** `costUsd` was computed from sizes, not from reported usage. */
  readonly estimated: boolean;
}

/** Receives spend records in batches: a ledger, a queue. Each record is delivered at least once. */
export interface SpendSinkOptions {
  /** Writes a batch. If it rejects, the batch is written again later. */
  readonly write: (records: readonly SpendRecord[]) => void | Promise<void>;
  /** The largest batch, in records. @defaultValue `100` */
  readonly maxBatch?: number | undefined;
  /** Longest time that a record waits for its batch to fill, in milliseconds. @defaultValue `1_000` */
  readonly maxWaitMs?: number | undefined;
  /** Records that are kept while `write` fails; the oldest are dropped. @defaultValue `10_000` */
  readonly maxQueued?: number | undefined;
  /** Called with the number of dropped records. */
  readonly onDropped?: ((count: number) => void) | undefined;
}

/** Usage of callers, and the kill switch of a gateway. */
export interface GatewayLimits {
  /** Usage of a caller: in this process, and of its limits. */
  usage(callerId: string): Promise<CallerUsage>;
  /** The kill switch. */
  readonly limits: {
    /**
     * Refuses the requests of a caller, a session or another subject until a point in time, and aborts those in flight:
     * in this process at once, in others that share the store within seconds.
     * @throws TypeError for an invalid block.
     */
    block(block: LimitBlock): Promise<void>;
  };
}
