import type { IncomingMessage } from 'node:http';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from './caller.js';
import type { LimitStore } from './limit-store.js';

/** What callers may use, and what happens beyond it. */
export interface LimitOptions {
  /** All of them hold at once: a request passes when every rule lets it. */
  readonly rules: readonly LimitRule[];
  /** Where it is counted: `redisLimits(client)`, `memoryLimits()`, or your own. @defaultValue `memoryLimits()` */
  readonly store?: LimitStore | undefined;
  /**
   * While the store fails or takes longer than `storeTimeoutMs`: `local` counts in this process, up to its share of what
   * was left; `open` lets everything pass; `closed` answers 503. What was used meanwhile is charged afterwards.
   *
   * With `local` and a store that keeps shares (`redisLimits`), a process grants USD and calendar windows from a share that
   * the store has reserved for it and grants to no other process: half of what is left ÷ processes (`left ÷ processes` if
   * that option is set), until two minutes after the process last served the caller. No share is kept of little that is
   * left. A request that no share covers gets 429 while the store is late; after five seconds without the store it gets its
   * part of what was last known to be left. Rolling requests and tokens, and requests at once, are divided by the number of
   * processes.
   * @defaultValue `'local'`
   */
  readonly onStoreError?: 'local' | 'open' | 'closed' | undefined;
  /** Longest time that the store may hold a request up, in milliseconds; 50 at most. @defaultValue `50` */
  readonly storeTimeoutMs?: number | undefined;
  /**
   * Processes that share the limits while the store is gone. If it is set, all that is left of a window is divided among
   * them in advance.
   * @defaultValue as many as the store has last seen
   */
  readonly processes?: number | undefined;
  /**
   * Status of a request that no budget pays for. 429 is what OpenAI answers.
   * @defaultValue `402`
   */
  readonly budgetStatus?: 402 | 429 | undefined;
  /**
   * What a stream costs whose client has left: what was `delivered`, what was `reserved`, or what the upstream says after
   * all, as its response is read to the end (`drain`, for `drainMs`).
   * @defaultValue `'delivered'`
   */
  readonly onAbort?: 'delivered' | 'reserved' | 'drain' | undefined;
  /** How long a response is read on after its client has left, with `onAbort: 'drain'`. @defaultValue `30_000` */
  readonly drainMs?: number | undefined;
  /** USD that a request to an endpoint without a price counts as under a `usd` rule. Without it such an endpoint stops the start. */
  readonly unpriced?: number | undefined;
  /** Told of every threshold of `alertAt` that was reached: once per rule, key and window, in one of the processes. */
  readonly onAlert?: ((alert: LimitAlert) => void | Promise<void>) | undefined;
}

/** One limit: exactly one of `requests`, `tokens`, `concurrent` and `usd`. */
export interface LimitRule {
  /** Stands in headers, errors and metrics: letters, digits, `.`, `_`, `-`. Unique. */
  readonly name: string;
  /**
   * Who shares one count. `team` and `tenant` are members of the caller; `session` is the `x-session-id` header or the
   * request's `session_id`; a function may read all of it, and `undefined` means that the rule does not apply.
   */
  readonly by: LimitSubject | ((state: LimitState) => string | undefined);
  /** Requests per window. */
  readonly requests?: number | undefined;
  /** Tokens of prompts and completions per window. */
  readonly tokens?: number | undefined;
  /** Requests at work at once. */
  readonly concurrent?: number | undefined;
  /** USD per window. */
  readonly usd?: number | undefined;
  /**
   * A calendar window, or a rolling one: `'30s'`, `'1m'`, `'24h'`, `'7d'`. Requests and tokens of a rolling window come
   * back bit by bit, those of a calendar window all at once. Not with `concurrent`.
   */
  readonly per?: LimitWindow | undefined;
  /** IANA zone whose midnight ends a calendar window: `'Europe/Zurich'`. @defaultValue `'UTC'` */
  readonly timeZone?: string | undefined;
  /** Requests or tokens of a rolling window that may be used at once. @defaultValue the limit itself */
  readonly burst?: number | undefined;
  /**
   * What is reserved for the completion of a request: the most that it may have (`worst`), or what 95 % of the caller's
   * responses of this model stay below (`expected`). The difference is settled when the response has ended.
   * @defaultValue `'worst'`
   */
  readonly reserve?: 'worst' | 'expected' | undefined;
  /**
   * Beyond the limit: an error, a warning in the headers, or other models, which are then not held by this rule.
   * @defaultValue `'refuse'`
   */
  readonly onExceeded?: 'refuse' | 'warn' | { readonly models: readonly string[] } | undefined;
  /** Shares of the limit at which `onAlert` is called: `[0.5, 0.8, 1]`. */
  readonly alertAt?: readonly number[] | undefined;
  /** Whether a response from the cache counts as a request. @defaultValue `'count'` */
  readonly cached?: 'count' | 'free' | undefined;
}

/** Whom a rule counts. */
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

/** What a rule's `by` may read. */
export interface LimitState {
  readonly caller: Caller;
  readonly req: IncomingMessage;
  readonly request: ChatRequest;
  /** The model that was asked for first. */
  readonly model: string;
  readonly session: string | undefined;
}

/** A threshold was reached. */
export interface LimitAlert {
  readonly rule: string;
  readonly key: string;
  /** The threshold. */
  readonly ratio: number;
  /** Requests, tokens or USD. */
  readonly used: number;
  readonly limit: number;
}

/** Who is to be refused, and until when. */
export interface LimitBlock {
  /** A subject, or the name of a rule whose `by` is a function. */
  readonly by: string;
  readonly key: string;
  /** Unix time in milliseconds. A moment that has passed lifts the block. */
  readonly untilMs: number;
}

/** What a caller may ask for, beside what all callers may. */
export interface CallerPolicy {
  /** Names of models, `*` for any part of one: `['gpt-*', 'small']`. @defaultValue all */
  readonly models?: readonly string[] | undefined;
  /** Slugs of providers or endpoints. @defaultValue all */
  readonly providers?: readonly string[] | undefined;
  /** Most that an endpoint may charge: USD per million tokens, per request, per image. */
  readonly maxPrice?:
    | {
        readonly prompt?: number | undefined;
        readonly completion?: number | undefined;
        readonly request?: number | undefined;
        readonly image?: number | undefined;
      }
    | undefined;
  /** Only endpoints that retain nothing. */
  readonly zdr?: boolean | undefined;
  /** Rules of this caller's own. They are counted for its id, whatever their `by` says of others. */
  readonly limits?: readonly LimitRule[] | undefined;
}

/** What one caller has used, as this process and its store know it. */
export interface CallerUsage {
  readonly caller: string;
  /** By this process since it started. */
  readonly requests: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** Of the caller's rules, as the store has counted them. */
  readonly limits: readonly LimitUsage[];
}

/** How far one rule is used up. */
export interface LimitUsage {
  readonly rule: string;
  readonly unit: 'requests' | 'tokens' | 'concurrent' | 'usd';
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** When a calendar window ends: ISO 8601. */
  readonly resetsAt: string | undefined;
}

/** What one request cost. */
export interface SpendRecord {
  /** The same for every delivery of this record: an idempotency key for ledgers. */
  readonly requestId: string;
  /** When the request ended: ISO 8601. */
  readonly at: string;
  readonly caller: string | undefined;
  readonly tenant: string | undefined;
  readonly session: string | undefined;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly slug: string | undefined;
  readonly tokens: {
    readonly input: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly reasoning: number;
  };
  /** Of all attempts together. */
  readonly costUsd: number;
  /** Some of it was counted from sizes, not reported. */
  readonly estimated: boolean;
  readonly outcome: 'complete' | 'aborted' | 'failed' | 'cached' | 'coalesced';
  readonly attempts: readonly SpendAttempt[];
}

/** What one attempt cost. */
export interface SpendAttempt {
  readonly slug: string;
  readonly status: number | undefined;
  readonly possiblyBilled: boolean;
  readonly costUsd: number | undefined;
  readonly estimated: boolean;
}

/** Where spend records go, in batches: a ledger, a queue. Each record is delivered at least once. */
export interface SpendSinkOptions {
  /** Rejects when the batch could not be kept: it is then tried again. */
  readonly write: (records: readonly SpendRecord[]) => void | Promise<void>;
  /** @defaultValue `100` */
  readonly maxBatch?: number | undefined;
  /** Longest that a record waits for others, in milliseconds. @defaultValue `1_000` */
  readonly maxWaitMs?: number | undefined;
  /** Records that wait while `write` fails; the oldest go. @defaultValue `10_000` */
  readonly maxQueued?: number | undefined;
  /** Told how many were given up. */
  readonly onDropped?: ((count: number) => void) | undefined;
}

/** Accounts and the kill switch of a gateway. */
export interface GatewayLimits {
  /** What a caller has used: by this process, and of its limits. */
  usage(callerId: string): Promise<CallerUsage>;
  /** The kill switch of `limits`. */
  readonly limits: {
    /**
     * Refuses a caller, a session or whatever else is counted until a moment, and ends what it has open: in this process at
     * once, in others that share the store within seconds.
     * @throws TypeError for what is no block.
     */
    block(block: LimitBlock): Promise<void>;
  };
}
