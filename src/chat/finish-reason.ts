/** The reasons that OpenAI and OpenRouter document. */
const KNOWN: ReadonlySet<string> = new Set([
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
  'error',
]);

/**
 * Why a choice ended, as hooks, logs and traces are told. An upstream may put any text there, of any length, so a word
 * that nobody documents is `other`; the client gets the upstream's own.
 */
export function normalizeFinishReason(reason: string | null | undefined): string | undefined {
  if (typeof reason !== 'string' || reason === '') return undefined;
  return KNOWN.has(reason) ? reason : 'other';
}
