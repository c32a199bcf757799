// Properties of a simulated upstream, and its faults.
/** Properties of an upstream. */
export interface Personality {
  readonly slug: string;
  readonly name: string;
  readonly models: readonly string[];
  /** Names of the models at the upstream. @defaultValue their names */
  readonly upstreamModel?: string;
  /** USD per million tokens. */
  readonly pricing: { readonly prompt: number; readonly completion: number };
  /** Tokens. */
  readonly contextLength: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  /** Length of a response without a limit. */
  readonly words: number;
  /** Every n-th request gets 503. */
  readonly failEvery?: number;
  readonly zdr?: boolean;
}

/**
 * Ways to break a simulator: `down` responds with 503 (Anthropic: 529), `rate-limit` with 429, `reset` cuts the connection, `hang` sends nothing,
 * `cut` breaks off after a few words, `slow` takes ten times as long.
 */
export type BreakKind = 'down' | 'rate-limit' | 'reset' | 'hang' | 'cut' | 'slow';
