// Parses and validates requests of a simulator.
import type { IncomingMessage } from 'node:http';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The members of a chat request that a simulator reads. */
export interface SimulatedRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choices: number;
  readonly maxTokens: number;
  readonly stops: readonly string[];
  readonly tools: readonly { readonly name: string; readonly parameters: JsonObject }[];
  /** `none`, `auto`, `required`, or the name of a tool. */
  readonly toolChoice: string;
  /** The schema of the response; `true`: any JSON object. */
  readonly jsonSchema: JsonObject | true | undefined;
}

/** Becomes an error response in OpenAI's envelope. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = CODES[status] ?? null;
    this.headers = headers;
  }
}

const CODES: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  404: 'model_not_found',
  429: 'rate_limit_exceeded',
};

interface Expected {
  readonly apiKey: string;
  readonly models: readonly string[];
}

export async function readRequest(req: IncomingMessage, expected: Expected): Promise<SimulatedRequest> {
  const body = await readJson(req);
  if (req.headers.authorization !== `Bearer ${expected.apiKey}`) throw new Refusal(401, 'Incorrect API key provided.');
  if (req.method !== 'POST' || req.url !== '/v1/chat/completions') throw new Refusal(404, 'Unknown request URL.');
  const { model, messages } = body;
  if (typeof model !== 'string' || !expected.models.includes(model))
    throw new Refusal(404, 'The model does not exist.');
  if (!Array.isArray(messages) || messages.length === 0) throw new Refusal(400, "'messages' must not be empty.");
  return {
    model,
    messages: messages as SimulatedRequest['messages'],
    stream: body['stream'] === true,
    includeUsage: objectAt(body, 'stream_options')['include_usage'] === true,
    choices: Math.min(numberAt(body, 'n') ?? 1, 8),
    maxTokens: numberAt(body, 'max_completion_tokens') ?? numberAt(body, 'max_tokens') ?? Number.POSITIVE_INFINITY,
    stops: [body['stop']].flat().filter((stop) => typeof stop === 'string'),
    tools: toolsOf(body),
    toolChoice: toolChoiceOf(body['tool_choice']),
    jsonSchema: jsonSchemaOf(objectAt(body, 'response_format')),
  };
}

async function readJson(req: IncomingMessage): Promise<JsonObject> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  try {
    return asObject(JSON.parse(Buffer.concat(pieces).toString()));
  } catch {
    throw new Refusal(400, 'We could not parse the JSON body of your request.');
  }
}

function toolsOf(body: JsonObject): SimulatedRequest['tools'] {
  return listAt(body, 'tools').map((tool) => {
    const called = objectAt(tool, 'function');
    return { name: String(called['name']), parameters: objectAt(called, 'parameters') };
  });
}

function toolChoiceOf(choice: unknown): string {
  if (typeof choice === 'string') return choice;
  const name = objectAt(asObject(choice), 'function')['name'];
  return typeof name === 'string' ? name : 'auto';
}

function jsonSchemaOf(format: JsonObject): JsonObject | true | undefined {
  if (format['type'] === 'json_object') return true;
  return format['type'] === 'json_schema' ? objectAt(objectAt(format, 'json_schema'), 'schema') : undefined;
}

/** `value` as an object; empty when it is none. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

export function objectAt(object: JsonObject, name: string): JsonObject {
  return asObject(object[name]);
}

/** The objects of a list; empty where there is none. */
export function listAt(object: JsonObject, name: string): JsonObject[] {
  const list = object[name];
  return Array.isArray(list) ? (list as unknown[]).map(asObject) : [];
}

export function numberAt(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === 'number' ? value : undefined;
}
