import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { cachePointOf, closeWith } from './cache-points.js';
import { contentBlocks, textBlocks } from './content.js';
import type { Conversation } from './conversation.js';
import type { EncodeState } from './encode-state.js';
import { signedReasoning } from './signatures.js';
import { argumentsObject } from '../shared/tool-arguments.js';

/** Adds an assistant message: signed reasoning first, then text, then calls. Without any of these it is left out. */
export function addAssistantMessage(
  conversation: Conversation,
  message: JsonObject,
  index: number,
  state: EncodeState,
): void {
  const path = `messages[${index}]`;
  if (message['audio'] !== undefined && message['audio'] !== null) {
    throw new UnsupportedRequest(`${path}.audio`, 'Bedrock cannot refer to audio of an earlier response.');
  }
  const blocks = spokenBlocks(message, path, state);
  const calls = callsOf(message, index, state, conversation);
  if (blocks.length === 0 && calls.length === 0) return;
  const turn = conversation.turn('assistant', index);
  turn.blocks.push(...signedReasoning(message, state.model), ...blocks);
  for (const [position, call] of calls.entries()) {
    const sentId = state.ids.next(call.id, `call_${index}_${position}`);
    conversation.addCall(call.id, sentId, call.name);
    turn.blocks.push({ toolUse: { toolUseId: sentId, name: state.names.sent(call.name), input: call.input } });
  }
  closeWith(turn.blocks, cachePointOf(message, state.model));
}

function spokenBlocks(message: JsonObject, path: string, state: EncodeState): JsonObject[] {
  const blocks = contentBlocks(message['content'], 'assistant', `${path}.content`, state);
  const refusal = textBlocks(message['refusal']);
  if (blocks.length === 0) return refusal;
  if (refusal.length > 0) state.dropped.add(`${path}.refusal`);
  return blocks;
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

function callsOf(message: JsonObject, index: number, state: EncodeState, conversation: Conversation): Call[] {
  const calls: Call[] = [];
  const list: unknown = message['tool_calls'];
  for (const [position, call] of (Array.isArray(list) ? list : []).entries()) {
    calls.push(callOf(call, `messages[${index}].tool_calls[${position}]`, state));
  }
  const legacy = message['function_call'];
  if (isRecord(legacy)) {
    const name = String(legacy['name']);
    calls.push({ id: conversation.nextFunctionCallId(), name, input: argumentsObject(legacy['arguments']) });
  }
  return calls;
}

function callOf(call: unknown, path: string, { customTools }: EncodeState): Call {
  const members = isRecord(call) ? call : {};
  const id = typeof members['id'] === 'string' ? members['id'] : '';
  const called = members['function'];
  if (isRecord(called)) return { id, name: String(called['name']), input: argumentsObject(called['arguments']) };
  const custom = members['custom'];
  if (isRecord(custom) && customTools.has(String(custom['name']))) {
    return { id, name: String(custom['name']), input: { input: String(custom['input']) } };
  }
  throw new UnsupportedRequest(
    path,
    'Bedrock takes calls of functions, and of custom tools that the request declares.',
  );
}
