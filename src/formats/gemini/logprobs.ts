import { isRecord } from '../../util/json-object.js';
import type { ChoiceLogprobs, TopLogprob } from '../../chat/types.js';

/** `logprobsResult` in OpenAI's form. Gemini gives no bytes. */
export function logprobsOf(result: unknown): ChoiceLogprobs | null {
  if (!isRecord(result) || !Array.isArray(result['chosenCandidates'])) return null;
  const tops: readonly unknown[] = Array.isArray(result['topCandidates']) ? result['topCandidates'] : [];
  const content = result['chosenCandidates'].map((chosen, position) => {
    const top = tops[position];
    const candidates: readonly unknown[] = isRecord(top) && Array.isArray(top['candidates']) ? top['candidates'] : [];
    return { ...tokenOf(chosen), top_logprobs: candidates.map(tokenOf) };
  });
  return { content, refusal: null };
}

function tokenOf(candidate: unknown): Required<TopLogprob> {
  const { token, logProbability }: Record<string, unknown> = isRecord(candidate) ? candidate : {};
  return {
    token: typeof token === 'string' ? token : '',
    logprob: typeof logProbability === 'number' ? logProbability : 0,
    bytes: null,
  };
}
