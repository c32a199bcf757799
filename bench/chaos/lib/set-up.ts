// Options that the processes are started with.

/** API of an upstream: a format of the gateway. */
export type WireName = 'openai' | 'anthropic' | 'gemini' | 'bedrock';

export interface UpstreamSetup {
  readonly name: string;
  /** Number of its starts, from 1. */
  readonly life: number;
  /** 0: any free one. */
  readonly port: number;
  readonly seed: number;
  /** Share of requests with a fault. */
  readonly faultShare: number;
  readonly wire: WireName;
  /** The file of its ledger. */
  readonly ledger: string;
}

export interface GatewaySetup {
  readonly upstreams: readonly { readonly name: string; readonly port: number; readonly wire: WireName }[];
  readonly redisPort: number | undefined;
  /** Raises limits for thousands of open streams. */
  readonly roomy: boolean;
}
