// What a simulated upstream is like, and how it can be broken.
/** What an upstream is like. */
export interface Personality {
  readonly slug: string;
  readonly name: string;
  readonly models: readonly string[];
  /** What the upstream itself calls all of them. @defaultValue their names */
  readonly upstreamModel?: string;
  /** USD per million tokens. */
  readonly pricing: { readonly prompt: number; readonly completion: number };
  /** Tokens. */
  readonly contextLength: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  /** Length of an answer that nobody limits. */
  readonly words: number;
  /** Every so many-th request gets 503. */
  readonly failEvery?: number;
  readonly zdr?: boolean;
}

/**
 * Ways to break a simulator: `down` answers 503 (Anthropic: 529), `rate-limit` 429, `reset` cuts the connection, `hang` says nothing,
 * `cut` breaks off after a few words, `slow` takes ten times as long.
 */
export type BreakKind = 'down' | 'rate-limit' | 'reset' | 'hang' | 'cut' | 'slow';
