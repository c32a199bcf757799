import { NO_TOKENS, tokenCountsOf } from '../chat/token-counts.js';
import type { RequestContext } from '../request/context.js';
import type { SpendRecord } from '../contracts/limits.js';

/** What the request of `context` cost in the end. */
export function spendRecord(
  context: RequestContext,
  who: { readonly tenant: string | undefined; readonly session: string | undefined },
  now: number,
): SpendRecord {
  const { attempts, served, outcome } = context;
  const isPaid = attempts.length > 0;
  const estimated = estimatedTokens(attempts);
  const counts = (isPaid ? tokenCountsOf(outcome?.usage) : undefined) ?? NO_TOKENS;
  return {
    requestId: context.requestId,
    at: new Date(now).toISOString(),
    caller: context.caller?.id,
    tenant: who.tenant,
    session: who.session,
    model: served?.model ?? context.route?.model,
    provider: served?.provider,
    slug: served?.slug,
    tokens: {
      input: counts.prompt + estimated.input,
      cacheRead: counts.cacheRead,
      cacheWrite: counts.cacheWrite,
      output: counts.completion + estimated.output,
      reasoning: counts.reasoning,
    },
    costUsd: attempts.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0),
    estimated: attempts.some(({ estimated }) => estimated === true),
    outcome: outcomeOf(context),
    attempts: attempts.map(({ slug, status, possiblyBilled, costUsd, estimated }) => ({
      slug,
      status,
      possiblyBilled,
      costUsd,
      estimated: estimated === true,
    })),
  };
}

/** Tokens of the attempts whose upstream reported none. */
function estimatedTokens(attempts: RequestContext['attempts']): { readonly input: number; readonly output: number } {
  let input = 0;
  let output = 0;
  for (const { tokens = 0, promptTokens } of attempts) {
    if (promptTokens === undefined) continue;
    input += promptTokens;
    output += tokens - promptTokens;
  }
  return { input, output };
}

function outcomeOf({
  attempts,
  cacheStatus,
  outcome,
  cancelSignal,
  coalesced,
}: RequestContext): SpendRecord['outcome'] {
  if (attempts.length === 0 && cacheStatus === 'HIT') return coalesced ? 'coalesced' : 'cached';
  if (outcome?.complete === true) return 'complete';
  return cancelSignal.aborted || outcome !== undefined ? 'aborted' : 'failed';
}
