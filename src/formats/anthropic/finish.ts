/** What the blocks of a response were, for its finish reason. */
export interface SeenBlocks {
  /** Calls of the caller's tools. */
  readonly calls: number;
  /** The caller sent the deprecated `functions`. */
  readonly legacy: boolean;
}

/**
 * OpenAI's finish reason. A choice with calls never ends in `stop`, one without never in `tool_calls`, and a word of
 * the future never fails a whole response.
 */
export function finishReasonOf(stopReason: unknown, { calls, legacy }: SeenBlocks): string {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'refusal':
      return 'content_filter';
    default:
      if (calls === 0) return 'stop';
      return legacy ? 'function_call' : 'tool_calls';
  }
}
