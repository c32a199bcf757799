/** Why a candidate ended, in OpenAI's terms; or that it failed. */
export type Finish = 'stop' | 'length' | 'content_filter' | 'malformed';

const FINISHES: ReadonlyMap<string, Finish> = new Map<string, Finish>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['MALFORMED_FUNCTION_CALL', 'malformed'],
  ['UNEXPECTED_TOOL_CALL', 'malformed'],
  ['TOO_MANY_TOOL_CALLS', 'malformed'],
]);

/**
 * `undefined`: a reason without a certain meaning (`OTHER`, `NO_IMAGE`, words of later versions). With content the
 * candidate is complete, without it is empty.
 */
export function finishOf(word: string): Finish | undefined {
  return FINISHES.get(word);
}
