import { anything, list, object, orNull, text, variants, word, type Schema } from './build.js';
import type { ContentSchemas } from './content.js';

// OpenAI's SDK adds this member to responses.
export const functionCall: Schema = {
  ...object({ name: text, arguments: text }, ['name', 'arguments']),
  passedOn: ['parsed_arguments'],
};

/** Members of tool calls in responses: clients send them back unchanged. */
const CALL_MEMBERS = ['index', 'extra_content', 'provider_specific_fields'];

export const messageFunctionToolCall: Schema = {
  ...object({ id: text, type: word('function'), function: functionCall }, ['id', 'type', 'function']),
  passedOn: CALL_MEMBERS,
};

export const messageCustomToolCallCustom = object({ name: text, input: text }, ['name', 'input']);

export const messageCustomToolCall: Schema = {
  ...object({ id: text, type: word('custom'), custom: messageCustomToolCallCustom }, ['id', 'type', 'custom']),
  passedOn: CALL_MEMBERS,
};

export const assistantMessageAudio: Schema = {
  ...object({ id: text }, ['id']),
  passedOn: ['data', 'transcript', 'expires_at', 'format'],
};

/** Members in which upstreams send reasoning. */
export const REASONING_MEMBERS: readonly string[] = [
  'reasoning_content',
  'reasoning',
  'reasoning_text',
  'reasoning_details',
  'thinking',
  'thinking_blocks',
];

/** Further members of messages in responses. Clients send them back, and they are passed on. */
const RESPONSE_MEMBERS = [
  ...REASONING_MEMBERS,
  'citations',
  'extra_content',
  'images',
  'parsed',
  'provider_specific_fields',
];

/** The message of each role. */
export interface MessageSchemas {
  readonly developer: Schema;
  readonly system: Schema;
  readonly user: Schema;
  readonly assistant: Schema;
  readonly tool: Schema;
  readonly function: Schema;
}

export function messageSchemas(content: ContentSchemas): MessageSchemas {
  const name = orNull(text);
  return {
    developer: object({ role: word('developer'), content: content.instruction, name }, ['role', 'content']),
    system: object({ role: word('system'), content: content.instruction, name }, ['role', 'content']),
    user: object({ role: word('user'), content: content.user, name }, ['role', 'content']),
    // Which members may replace `content` is checked in `check-cross-fields.ts`.
    assistant: {
      ...object(
        {
          role: word('assistant'),
          content: orNull(content.assistant),
          name,
          refusal: orNull(text),
          audio: orNull(assistantMessageAudio),
          tool_calls: orNull(list(variants('type', [messageFunctionToolCall, messageCustomToolCall]), 1)),
          function_call: orNull(functionCall),
          // Clients send responses back unchanged.
          annotations: anything,
        },
        ['role'],
      ),
      passedOn: RESPONSE_MEMBERS,
    },
    tool: object({ role: word('tool'), content: content.tool, tool_call_id: text }, [
      'role',
      'content',
      'tool_call_id',
    ]),
    function: object({ role: word('function'), content: orNull(text), name: text }, ['role', 'content', 'name']),
  };
}

export function messagesSchema(messages: MessageSchemas): Schema {
  return list(variants('role', Object.values(messages)), 1);
}
