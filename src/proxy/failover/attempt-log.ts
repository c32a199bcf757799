import type { AttemptRecord, UpstreamErrorSummary } from '../../contracts/hooks.js';
import type { PlannedCandidate } from '../../request/context.js';

/** The record of one attempt: created when it begins, filled in when it ends. */
export class AttemptLog implements AttemptRecord {
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  readonly slug: string;
  readonly callerKey: boolean;
  outcome = 'pending';
  status: number | undefined = undefined;
  durationMs = 0;
  firstTokenMs: number | undefined = undefined;
  possiblyBilled = false;
  upstreamError: UpstreamErrorSummary | undefined = undefined;
  costUsd: number | undefined = undefined;
  estimated = false;
  tokens: number | undefined = undefined;
  promptTokens: number | undefined = undefined;
  sent: string | undefined = undefined;
  received: string | undefined = undefined;

  constructor(attempt: number, { endpoint, credential }: PlannedCandidate) {
    this.attempt = attempt;
    this.provider = endpoint.provider.slug;
    this.model = endpoint.model;
    this.slug = endpoint.slug;
    this.callerKey = credential === 'caller';
  }
}
