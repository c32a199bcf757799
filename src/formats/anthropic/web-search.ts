import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import type { ServerTool } from './blocks.js';
import type { Translation } from './translation.js';

/** Name of Anthropic's own search tool; a caller's tool of this name is renamed. */
export const WEB_SEARCH = 'web_search';

/** Whether the request asks for a web search. */
export function asksForSearch(request: ChatRequest): boolean {
  return isRecord(request.web_search_options);
}

/** @throws UnsupportedRequest on Bedrock, which has no web search. */
export function webSearchTool(
  { web_search_options: wanted }: ChatRequest,
  { dropped, options }: Translation,
): ServerTool | undefined {
  if (!isRecord(wanted)) return undefined;
  if (options.door === 'bedrock') {
    throw new UnsupportedRequest('web_search_options', 'Bedrock has no web search for Anthropic models.');
  }
  if (typeof wanted['search_context_size'] === 'string') dropped.add('web_search_options.search_context_size');
  const location: JsonObject = isRecord(wanted['user_location']) ? wanted['user_location'] : {};
  const place: JsonObject = isRecord(location['approximate']) ? location['approximate'] : {};
  const known = ['city', 'region', 'country', 'timezone'].filter((key) => typeof place[key] === 'string');
  return {
    type: 'web_search_20250305',
    name: WEB_SEARCH,
    ...(known.length === 0
      ? {}
      : { user_location: { type: 'approximate', ...Object.fromEntries(known.map((key) => [key, place[key]])) } }),
  };
}
