import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { exchangeFor } from './bedrock-cases.js';

export type Traits = Record<string, unknown>;

const format = bedrock();
export const claude: Traits = { family: 'claude' };
export const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
};
export const call = (id: string, name = 'get_weather', args = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
export const calls = (...list: object[]) => ({ role: 'assistant', content: null, tool_calls: list });
export const result = (id: string, content: unknown = '3', more: object = {}) => ({
  role: 'tool',
  tool_call_id: id,
  content,
  ...more,
});
export const user = (content: unknown = 'w?') => ({ role: 'user', content });

export interface Body {
  messages: { role: string; content: Record<string, unknown>[] }[];
  system?: unknown[];
  toolConfig?: { tools: Record<string, unknown>[]; toolChoice?: unknown };
  inferenceConfig?: Record<string, unknown>;
  additionalModelRequestFields?: Record<string, unknown>;
  outputConfig?: { textFormat: { structure: { jsonSchema: { schema: string } } } };
  [key: string]: unknown;
}

export function send(messages: object[], more: object = {}, traits: Traits = claude, upstreamModel = 'm') {
  const request = { messages, ...more };
  const { body, dropped, path } = exchangeFor(format, { request, model: { upstreamModel, traits } });
  return { body: body as Body, dropped, path };
}

export function refusedParam(messages: object[], more: object = {}, traits: Traits = claude): string | undefined {
  try {
    send(messages, more, traits);
  } catch (error) {
    if (error instanceof UnsupportedRequest) return error.param;
    throw error;
  }
  return undefined;
}

export const blocks = (messages: object[], traits: Traits = claude) =>
  send(messages, {}, traits).body.messages.at(-1)!.content;
export const part = (type: string, value: object) => ({ type, [type]: value });
export const image = (url: string, more: object = {}) => part('image_url', { url, ...more });
export const file = (more: object) => part('file', more);
export const text = { type: 'text', text: 'What?' };
