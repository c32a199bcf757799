import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { droppedMembers } from '../shared/member-table.js';
import { DocumentNames } from './documents.js';
import { DroppedMembers } from './dropped.js';
import type { EncodeState } from './encode-state.js';
import { BEDROCK_MEMBERS } from './members.js';
import type { BedrockModel } from './model-types.js';
import { ToolNames } from '../shared/tool-names.js';
import { ToolIds } from './tool-ids.js';
import type { OfferedTool } from './tools.js';

const alwaysDropped = droppedMembers(BEDROCK_MEMBERS);
const NAME_RULE = { forbidden: /[^a-zA-Z0-9_-]/g, maxLength: 64 };

/** Refuses what Bedrock cannot express, and creates the state that the parts of the translation share. */
export function encodeState(request: ChatRequest, model: BedrockModel, tools: readonly OfferedTool[]): EncodeState {
  refuseUnsupported(request, model, tools);
  const dropped = new DroppedMembers();
  for (const member of alwaysDropped(request)) dropped.add(member);
  return {
    request,
    model,
    names: new ToolNames(NAME_RULE, [...tools.map(({ name }) => name), ...namesInHistory(request)]),
    ids: new ToolIds(model.family === 'mistral'),
    documents: new DocumentNames(),
    dropped,
    customTools: new Set(tools.filter(({ custom }) => custom).map(({ name }) => name)),
  };
}

function refuseUnsupported(request: ChatRequest, model: BedrockModel, tools: readonly OfferedTool[]): void {
  if ((request.n ?? 1) > 1) throw new UnsupportedRequest('n', 'Bedrock gives one choice.');
  if (request.modalities?.some((modality) => modality !== 'text')) {
    throw new UnsupportedRequest('modalities', 'Bedrock responds with text here.');
  }
  for (const member of ['audio', 'web_search_options']) {
    const value = request[member];
    if (value !== undefined && value !== null) throw new UnsupportedRequest(member, 'Bedrock has no such option.');
  }
  if (tools.length > 0 && !model.tools) throw new UnsupportedRequest('tools', 'This model takes no tools.');
}

function namesInHistory({ messages }: ChatRequest): string[] {
  return messages.flatMap((message: JsonObject) => {
    const list: unknown = message['tool_calls'];
    const calls: unknown[] = Array.isArray(list) ? list : [];
    const called = calls.filter(isRecord).map((call) => call['function'] ?? call['custom']);
    return [...called, message['function_call']].filter(isRecord).map(({ name }) => String(name));
  });
}

/** Members of the body outside the conversation. */
export function encodeEnvelope({ request, dropped }: EncodeState): JsonObject {
  const body: JsonObject = {};
  const tier = request.service_tier;
  if (tier === 'default' || tier === 'flex' || tier === 'priority') body['serviceTier'] = { type: tier };
  else if (tier !== undefined && tier !== null && tier !== 'auto') dropped.add('service_tier');
  const metadata: unknown = request.metadata;
  if (!isRecord(metadata) || Object.keys(metadata).length === 0) return body;
  if (isRequestMetadata(metadata)) body['requestMetadata'] = metadata;
  else dropped.add('metadata');
  return body;
}

const MOST_METADATA = 16;
const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;

function isRequestMetadata(metadata: JsonObject): boolean {
  const entries = Object.entries(metadata);
  return (
    entries.length <= MOST_METADATA &&
    entries.every(
      ([key, value]) => key !== '' && METADATA_TEXT.test(key) && typeof value === 'string' && METADATA_TEXT.test(value),
    )
  );
}
