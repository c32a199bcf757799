import type { AssistantMessage, ChatRequest } from '../chat/types.js';
import { GatewayError } from '../errors/gateway-error.js';
import { REASONING_MEMBERS } from './schema/messages.js';

/**
 * What the schema cannot say: rules between members that hold at every provider. Those that depend on the model are
 * the provider's to check.
 * @throws GatewayError with OpenAI's `code: null`.
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
  // A response that was cut off while the model was still thinking.
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
