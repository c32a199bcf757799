/** OpenAI's names for Bedrock's reasons that end a response properly. */
const FINISH_REASONS: ReadonlyMap<unknown, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
]);

/**
 * The finish reason for `stopReason`: whether there are calls decides between `stop` and `tool_calls`, since some models
 * name the wrong one. `undefined` for reasons that mean a failure, or that are not known: neither may end in `stop`.
 */
export function finishReasonOf(
  stopReason: unknown,
  calls: 'none' | 'tool_calls' | 'function_call',
): string | undefined {
  const reason = FINISH_REASONS.get(stopReason);
  return reason === 'stop' && calls !== 'none' ? calls : reason;
}

/** A word of the upstream's as a message may show it. */
export function shownReason(stopReason: unknown): string {
  return typeof stopReason === 'string' ? stopReason.slice(0, 64) : 'none';
}
