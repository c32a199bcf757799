// The APIs of Anthropic and Google, as far as a simulator reads and writes them.
import { anthropicError, anthropicReply, geminiError, geminiReply } from 'nordlys-proxy/testing';
import type { NativeApi } from './native-simulator.ts';
import { asObject, listAt, numberAt, objectAt, type JsonObject, type SimulatedRequest } from './simulator-request.ts';
import type { SimulatedChoice } from './simulator-response.ts';

/** Anthropic's Messages API. */
export const ANTHROPIC: NativeApi = {
  format: 'anthropic',
  keyHeader: 'x-api-key',
  readRequest(request) {
    const body = asObject(request.json);
    return {
      ...COMMON,
      model: String(body['model']),
      messages: listAt(body, 'messages').map(anthropicMessage),
      stream: body['stream'] === true,
      maxTokens: numberAt(body, 'max_tokens') ?? Number.POSITIVE_INFINITY,
      stops: textsAt(body, 'stop_sequences'),
      tools: listAt(body, 'tools').map((tool) => {
        return { name: String(tool['name']), parameters: objectAt(tool, 'input_schema') };
      }),
      toolChoice: anthropicToolChoice(objectAt(body, 'tool_choice')),
      jsonSchema: schemaAt(objectAt(objectAt(body, 'output_config'), 'format'), 'schema'),
    };
  },
  reply({ choices, usage }, { cut, ...pace }) {
    const { text, toolCalls, isLength } = saidIn(choices);
    return anthropicReply(
      {
        text,
        toolCalls,
        ...(isLength && { stopReason: 'max_tokens' }),
        usage: { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
        ...(cut && { fault: 'cut' }),
      },
      pace,
    );
  },
  error: ({ status, message, headers }) =>
    // An overload has its own status.
    anthropicError(status === 503 ? 529 : status, ANTHROPIC_ERRORS[status] ?? 'api_error', message, { headers }),
};

const ANTHROPIC_ERRORS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** Google's generateContent. */
export const GEMINI: NativeApi = {
  format: 'gemini',
  keyHeader: 'x-goog-api-key',
  readRequest(request) {
    const body = asObject(request.json);
    const config = objectAt(body, 'generationConfig');
    const declared = listAt(body, 'tools').flatMap((tool) => listAt(tool, 'functionDeclarations'));
    return {
      ...COMMON,
      model: /\/models\/([^/:]+):/.exec(request.path)?.[1] ?? '',
      messages: listAt(body, 'contents').map(geminiMessage),
      stream: request.path.includes(':streamGenerateContent'),
      maxTokens: numberAt(config, 'maxOutputTokens') ?? Number.POSITIVE_INFINITY,
      stops: textsAt(config, 'stopSequences'),
      tools: declared.map((tool) => ({
        name: String(tool['name']),
        parameters: objectAt(tool, 'parametersJsonSchema'),
      })),
      toolChoice: geminiToolChoice(objectAt(objectAt(body, 'toolConfig'), 'functionCallingConfig')),
      jsonSchema:
        schemaAt(config, 'responseJsonSchema') ?? (config['responseMimeType'] === 'application/json' || undefined),
    };
  },
  reply({ choices, usage }, { cut, ...pace }) {
    const { text, toolCalls, isLength } = saidIn(choices);
    return geminiReply(
      {
        text,
        toolCalls,
        ...(isLength && { finishReason: 'MAX_TOKENS' }),
        usage: {
          promptTokenCount: usage.prompt_tokens,
          candidatesTokenCount: usage.completion_tokens,
          totalTokenCount: usage.total_tokens,
        },
        ...(cut && { fault: 'cut' }),
      },
      pace,
    );
  },
  error: ({ status, message, headers }) => {
    const seconds = headers['retry-after'];
    // There is no `retry-after`: the wait is in the body.
    const details = seconds === undefined ? [] : [{ '@type': RETRY_INFO, retryDelay: `${seconds}s` }];
    return geminiError(status, message, details);
  },
};

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** Both APIs always report usage, and these simulators return one choice. */
const COMMON = { includeUsage: true, choices: 1 } as const satisfies Partial<SimulatedRequest>;

/** Tool results are blocks of a user message in this API. */
function anthropicMessage(message: JsonObject): SimulatedRequest['messages'][number] {
  const result = listAt(message, 'content').find((block) => block['type'] === 'tool_result');
  if (result !== undefined) return { role: 'tool', content: result['content'] };
  return { role: String(message['role']), content: message['content'] };
}

function geminiMessage(message: JsonObject): SimulatedRequest['messages'][number] {
  const parts = listAt(message, 'parts');
  const result = parts.find((part) => part['functionResponse'] !== undefined);
  if (result === undefined) return { role: message['role'] === 'model' ? 'assistant' : 'user', content: parts };
  const response = objectAt(objectAt(result, 'functionResponse'), 'response');
  return {
    role: 'tool',
    content: typeof response['output'] === 'string' ? response['output'] : JSON.stringify(response),
  };
}

function anthropicToolChoice({ type, name }: JsonObject): string {
  if (type === 'tool') return String(name);
  return type === 'any' ? 'required' : type === 'none' ? 'none' : 'auto';
}

function geminiToolChoice(config: JsonObject): string {
  const [only, ...others] = textsAt(config, 'allowedFunctionNames');
  if (config['mode'] === 'NONE') return 'none';
  if (config['mode'] !== 'ANY') return 'auto';
  return only !== undefined && others.length === 0 ? only : 'required';
}

function saidIn(choices: readonly SimulatedChoice[]) {
  const [choice] = choices;
  return {
    text: choice?.tokens.join('') ?? '',
    toolCalls: choice?.toolCall === undefined ? [] : [choice.toolCall],
    isLength: choice?.finishReason === 'length',
  };
}

function schemaAt(object: JsonObject, name: string): JsonObject | undefined {
  return object[name] === undefined ? undefined : objectAt(object, name);
}

function textsAt(object: JsonObject, name: string): string[] {
  const list = object[name];
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
}
