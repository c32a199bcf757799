import { isRecord, type JsonObject } from '../util/json-object.js';

/**
 * Whether a JSON object in place of a chunk or a completion reports an error. OpenAI wraps errors in `error`; others
 * send them bare, so an object without choices that looks like an error is one, unless it is a known auxiliary event.
 */
export function isErrorObject(value: JsonObject): boolean {
  const { choices, error } = value;
  const hasChoices = Array.isArray(choices) && choices.length > 0;
  // Beside a completion, an error without members reports no failure.
  if (isFailure(error) && !(hasChoices && isEmptyObject(error))) return true;
  if (isFailedEnvelope(value)) return true;
  if (hasChoices) return hasFailed(choices);
  if (hasErrorMember(value) || hasErrorLabel(value)) return true;
  // An empty list of choices is an ordinary chunk: a message beside it may be a progress report.
  return !Array.isArray(choices) && !isAuxiliaryEvent(value) && hasErrorWords(value);
}

/** Events that only keep a connection alive or report progress, by the name that they carry. */
export function isAuxiliaryName(name: unknown): boolean {
  return typeof name === 'string' && AUXILIARY_NAMES.has(name.toLowerCase());
}

/** Whether an object without choices has data of the response, and is passed on with `choices: []`. */
export function carriesData(value: JsonObject): boolean {
  if (isRecord(value['usage'])) return true;
  if (isAuxiliaryEvent(value)) return false;
  return value['object'] === 'chat.completion.chunk' || RESPONSE_DATA.some((key) => Array.isArray(value[key]));
}

const AUXILIARY_NAMES: ReadonlySet<string> = new Set([
  'ping',
  'pong',
  'heartbeat',
  'keepalive',
  'keep-alive',
  'keep_alive',
  'status',
  'progress',
  'processing',
  'queued',
  'in_progress',
  'pending',
  'info',
  'debug',
  'metadata',
]);

/** Lists that some upstreams (Perplexity, OpenRouter) send beside the text. */
const RESPONSE_DATA = ['citations', 'search_results', 'related_questions', 'annotations', 'images', 'videos'] as const;

/** Members that name an error: `error_code`, `errorMsg`, `errmsg`, `errors`, `Error`, `ErrorMessage`, Apigee's `fault`. */
const ERROR_MEMBER = /^(?:err|error)_?(?:code|no|msg|message|description|info|type|detail|details|s)?$|^fault$/i;

/** Objects in which providers wrap a status of their own: MiniMax, iFlytek. */
const STATUS_ENVELOPES = [
  ['base_resp', 'status_code'],
  ['header', 'code'],
] as const;

const STATUS_MEMBERS = ['status', 'status_code', 'statusCode', 'http_status'] as const;
const FAILED_WORDS: ReadonlySet<string> = new Set(['error', 'fail', 'failed', 'failure']);
const GOOD_WORDS: ReadonlySet<string> = new Set(['', '0', 'ok', 'success', 'succeeded', 'none', 'null']);
const MESSAGE_MEMBERS = ['message', 'msg', 'Message', 'detail', 'title', 'exception', '__type'] as const;

function isAuxiliaryEvent(value: JsonObject): boolean {
  return [value['type'], value['event'], value['object'], value['status']].some(isAuxiliaryName);
}

function isFailedEnvelope(value: JsonObject): boolean {
  return STATUS_ENVELOPES.some(([envelope, member]) => {
    const inner = value[envelope];
    return isRecord(inner) && isFailureCode(inner[member]);
  });
}

/** Reasons that tell of a failure: OpenRouter's, DeepSeek's, Zhipu's, and that of vLLM and SGLang for work that was dropped. */
const FAILED_REASONS: ReadonlySet<unknown> = new Set([
  'error',
  'insufficient_system_resource',
  'network_error',
  'abort',
]);

/** A chunk in which a choice ends with an error, as OpenRouter sends it, or a whole response in which no choice ended. */
function hasFailed(choices: readonly unknown[]): boolean {
  const failed = choices.filter((choice) => isRecord(choice) && FAILED_REASONS.has(choice['finish_reason']));
  return failed.length === choices.length || failed.some((choice) => !Object.hasOwn(Object(choice), 'message'));
}

function hasErrorMember(value: JsonObject): boolean {
  for (const key of Object.keys(value)) if (ERROR_MEMBER.test(key) && isFailure(value[key])) return true;
  // Tencent nests errors: `{ Response: { Error: { Code, Message } } }`.
  const inner = value['Response'] ?? value['ResponseMetadata'];
  return isRecord(inner) && isFailure(inner['Error']);
}

/** `object: "error"`, `type: "error"`, `success: false`, a status of 400 and above. */
function hasErrorLabel(value: JsonObject): boolean {
  if (value['success'] === false || value['ok'] === false) return true;
  if ([value['object'], value['type'], value['event']].some(isErrorName)) return true;
  if (STATUS_MEMBERS.some((key) => isErrorStatus(value[key]))) return true;
  const { code } = value;
  return isErrorStatus(code) || (isFailureCode(code) && hasText(value, ['msg', 'message', 'Message']));
}

/** An object with a message and without choices, unless the message or the code reports success. */
function hasErrorWords(value: JsonObject): boolean {
  const { code, detail, success } = value;
  if (success === true || (code !== undefined && code !== null && !isFailureCode(code))) return false;
  return hasText(value, MESSAGE_MEMBERS) || (Array.isArray(detail) && detail.length > 0) || isRecord(detail);
}

function hasText(value: JsonObject, keys: readonly string[]): boolean {
  return keys.some((key) => {
    const text = value[key];
    return typeof text === 'string' && !GOOD_WORDS.has(text.trim().toLowerCase());
  });
}

/** `error`, `api_error`, `response.failed`. */
function isErrorName(name: unknown): boolean {
  return typeof name === 'string' && /(?:^|[._-])(?:error|failed)$/i.test(name);
}

function isErrorStatus(status: unknown): boolean {
  if (typeof status === 'string' && FAILED_WORDS.has(status.toLowerCase())) return true;
  const number = typeof status === 'string' && /^\d+$/.test(status) ? Number(status) : status;
  return typeof number === 'number' && number >= 400;
}

/** A code other than 0, a 2xx or a word for success. */
function isFailureCode(code: unknown): boolean {
  if (typeof code === 'string') return !GOOD_WORDS.has(code.trim().toLowerCase()) && !/^2\d\d$/.test(code.trim());
  return typeof code === 'number' && code !== 0 && !(code >= 200 && code < 300);
}

function isEmptyObject(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

/** A value of an error member that is not empty. */
function isFailure(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'number') return isFailureCode(value);
  if (Array.isArray(value)) return value.length > 0;
  return value === true || isRecord(value);
}
