import type { AssistantMessage, ChatRequest } from '../chat/types.js';
import { GatewayError } from '../errors/gateway-error.js';
import { REASONING_MEMBERS } from './schema/messages.js';

/**
 * Rules between members, which the schema cannot express and which hold at every provider. Rules that depend on the
 * model are checked by the provider.
 * @throws GatewayError with OpenAI's `code: null`
 */
export function checkCrossFields(request: ChatRequest): void {
  for (let index = 0; index < request.messages.length; index++) {
    const message = request.messages[index];
    if (message?.role === 'assistant' && saysNothing(message)) throw emptyAssistant(index);
  }
  if (isGiven(request.stream_options) && request.stream !== true) {
    throw inconsistent('stream_options', "'stream_options' is only allowed when 'stream' is true.");
  }
  if (isGiven(request.top_logprobs) && request.logprobs !== true) {
    throw inconsistent('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is true.");
  }
}

function saysNothing(message: AssistantMessage): boolean {
  const { content, tool_calls, function_call, refusal, audio } = message;
  if (isGiven(content) || isGiven(tool_calls) || isGiven(function_call) || isGiven(refusal) || isGiven(audio))
    return false;
  // A response that was truncated while the model was thinking has reasoning only.
  return !REASONING_MEMBERS.some((member) => isGiven(message[member]));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function emptyAssistant(index: number): GatewayError {
  const param = `messages[${index}].content`;
  return inconsistent(param, `'${param}' is required unless the message has tool calls, a refusal or audio.`);
}

function inconsistent(param: string, message: string): GatewayError {
  return new GatewayError('inconsistent_parameters', message, { param });
}
