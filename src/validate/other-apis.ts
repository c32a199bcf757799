import type { JsonObject } from '../util/json-object.js';
import { GatewayError } from '../errors/gateway-error.js';

/** Members with the prompt in other APIs, and the paths of those APIs. */
const PROMPTS: readonly (readonly [member: string, api: string])[] = [
  ['input', 'the Responses API (POST /v1/responses) or of embeddings (POST /v1/embeddings)'],
  ['prompt', 'the legacy completions API (POST /v1/completions)'],
  ['contents', "Gemini's own API (POST …:generateContent)"],
];

/**
 * Refuses the body of another API before the schema does, with a message that names the API it belongs to.
 * @throws GatewayError 400 `missing_required_parameter` for `messages`
 */
export function refuseBodyOfOtherApi(body: JsonObject): void {
  if (body.messages !== undefined) return;
  const found = PROMPTS.find(([member]) => body[member] !== undefined);
  if (found === undefined) return;
  const [member, api] = found;
  throw new GatewayError(
    'missing_required_parameter',
    `Missing required parameter: 'messages'. The body has '${member}', as a request of ${api}. This endpoint is POST /v1/chat/completions.`,
    { param: 'messages' },
  );
}
