import type { RequestSpec } from '../processes/driver.ts';
import type { UpstreamResponse } from './upstream.ts';

/** One kind of traffic, sent by a fixed number of clients. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly request: Omit<RequestSpec, 'headers'>;
  readonly response: UpstreamResponse;
  readonly concurrency: number;
  /** Variants by id, in the order of the table; the first is what the others are compared with. */
  readonly variants: readonly string[];
  /** The ones that a quick run measures. None: only if the workload is selected by name. */
  readonly quick: readonly string[];
  /** Added latency is measured as well. */
  readonly latency: boolean;
  /** Shares of the usual warm-up and window that this traffic needs. */
  readonly pace: number;
}
