import type { ChatRequest } from '../../chat/types.js';
import type { InputSurface } from '../../contracts/guard.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';

/** A text of a prompt, and its position. */
export interface PromptText {
  readonly text: string;
  readonly surface: InputSurface;
  /** Members and positions from the request down. */
  readonly keys: readonly (string | number)[];
  /** The text is JSON: arguments of a tool call. */
  readonly isJson: boolean;
}

const SURFACE_OF_ROLE: Readonly<Record<string, InputSurface>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** Members of messages and parts that hold names or data, not text. */
const NOT_TEXT: ReadonlySet<string> = new Set([
  'role',
  'type',
  'id',
  'tool_call_id',
  'format',
  'detail',
  'data',
  'file_data',
  'file_id',
  'signature',
]);
/** A request that is nested deeper is refused, because no guard would see what it contains there. */
const MAX_DEPTH = 64;

/**
 * Every text of the messages of `request`, and of its prediction.
 * @throws GatewayError if it is nested too deeply to be read
 */
export function textsOf(request: ChatRequest): PromptText[] {
  const texts: PromptText[] = [];
  const messages: unknown = request.messages;
  if (Array.isArray(messages)) {
    for (const [index, message] of messages.entries()) {
      if (!isRecord(message)) continue;
      const surface = SURFACE_OF_ROLE[String(message['role'])] ?? 'user';
      collect(message, { surface, keys: ['messages', index], isJson: false }, texts);
    }
  }
  if (isRecord(request.prediction)) {
    collect(request.prediction, { surface: 'assistant', keys: ['prediction'], isJson: false }, texts);
  }
  return texts;
}

function collect(value: unknown, place: Omit<PromptText, 'text'>, texts: PromptText[]): void {
  if (typeof value === 'string') {
    if (value !== '' && !isEmbeddedData(value, place.keys)) texts.push({ ...place, text: value });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (place.keys.length > MAX_DEPTH) throw tooDeep(String(place.keys[0]));
  const entries = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : [];
  for (const [key, inner] of entries) {
    if (typeof key === 'string' && (NOT_TEXT.has(key) || isNameOfTool(key, place.keys))) continue;
    collect(inner, { ...place, keys: [...place.keys, key], isJson: key === 'arguments' }, texts);
  }
}

function tooDeep(param: string): GatewayError {
  const message = `'${param}' is nested deeper than ${MAX_DEPTH} levels, which guards do not read.`;
  return new GatewayError('request_too_complex', message, { param });
}

/** Of a call: the caller's tools are named by the caller. */
function isNameOfTool(key: string, parents: readonly (string | number)[]): boolean {
  return (
    key === 'name' &&
    (parents.at(-1) === 'function' || parents.at(-1) === 'custom' || parents.at(-1) === 'function_call')
  );
}

/** Pictures and files inside of a `data:` URL. */
function isEmbeddedData(value: string, keys: readonly (string | number)[]): boolean {
  return keys.at(-1) === 'url' && value.startsWith('data:');
}

/** `messages[2].content[0].text` */
export function pathOf(keys: readonly (string | number)[]): string {
  return keys.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
}

/** `root` with other texts at some places; what is not changed is shared with the original. */
export function withTexts(
  root: ChatRequest,
  changes: readonly { readonly keys: PromptText['keys']; readonly text: string }[],
): ChatRequest {
  const copied = new Map<unknown, JsonObject>();
  const copyOf = (value: unknown): JsonObject => {
    const known = copied.get(value);
    if (known !== undefined) return known;
    // Arrays are written through the same index signature.
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as JsonObject;
    copied.set(value, copy);
    copied.set(copy, copy);
    return copy;
  };
  const result = copyOf(root);
  for (const { keys, text } of changes) {
    let at = result;
    for (const key of keys.slice(0, -1)) at = at[key] = copyOf(at[key]);
    at[keys.at(-1)!] = text;
  }
  return result as ChatRequest;
}
