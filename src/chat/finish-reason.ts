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
 * The finish reason for hooks, logs and traces. Upstreams may send any text of any length, so an undocumented reason
 * becomes `other`; the client gets the upstream's own.
 */
export function normalizeFinishReason(reason: string | null | undefined): string | undefined {
  if (typeof reason !== 'string' || reason === '') return undefined;
  return KNOWN.has(reason) ? reason : 'other';
}
