import type { FailureKind } from '../upstream-failure.js';
import { REFUSED_ACCOUNTS, USED_UP_QUOTAS } from './known-errors/accounts.js';
import { THROTTLES } from './known-errors/capacity.js';
import { MISSING_MODELS } from './known-errors/models.js';
import { FIREWALLS, MODERATION_CODES, MODERATION_WORDINGS } from './known-errors/moderation.js';
import {
  FAILED_GENERATIONS,
  INVALID_REQUESTS,
  REFUSED_CACHE_MARKS,
  REFUSED_REQUESTS,
} from './known-errors/requests.js';
import type { ErrorRow } from './known-errors/row.js';

/** An upstream error, as it is compared with the table. */
export interface ReportedError {
  /** HTTP status, or the status that an error inside a 200 names; `undefined`: none. */
  readonly status: number | undefined;
  /** `code`, `type` and further reasons, in lower case. */
  readonly codes: readonly string[];
  readonly message: string;
}

/** The kind of a recognised error, and the text by which it was recognised. */
export interface KnownError {
  readonly kind: FailureKind;
  /** The matching part of the message; `undefined`: a code matched. */
  readonly phrase: string | undefined;
}

/**
 * The kind of an upstream error, by the wording of the large providers. The first matching row decides; if none
 * matches, the status alone does (`kindOfStatus`). A new wording belongs in a row of `known-errors/`, and nowhere else.
 * Beside a pattern are the vendors whose errors in `test/fixtures/vendor-errors.jsonl` it matches, if they are three or
 * fewer.
 *
 * Sources: the error pages of
 * OpenAI platform.openai.com/docs/guides/error-codes · Azure learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter ·
 * Anthropic docs.claude.com/en/api/errors · Google ai.google.dev/gemini-api/docs/troubleshooting ·
 * Bedrock docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html · Mistral docs.mistral.ai ·
 * Groq console.groq.com/docs/errors · Together docs.together.ai/docs/error-codes · Fireworks docs.fireworks.ai/guides/inference-error-codes ·
 * DeepSeek api-docs.deepseek.com/quick_start/error_codes · OpenRouter openrouter.ai/docs/api/reference/errors-and-debugging ·
 * xAI docs.x.ai/docs/key-information/debugging · Cohere docs.cohere.com/reference/errors ·
 * Cloudflare developers.cloudflare.com/workers-ai/platform/errors · Moonshot platform.moonshot.ai/docs/api/chat ·
 * Zhipu docs.bigmodel.cn/cn/api/api-code · Alibaba help.aliyun.com/zh/model-studio/error-code · Volcengine www.volcengine.com/docs/82379/1299023,
 * and public reports, named at their rows as repository and issue.
 */
const KNOWN: readonly ErrorRow[] = [
  ...REFUSED_CACHE_MARKS,
  // First, because these messages may quote anything.
  ...INVALID_REQUESTS,
  ...REFUSED_REQUESTS,
  ...MODERATION_CODES,
  // Before keys, because "suspended" often means unpaid.
  ...USED_UP_QUOTAS,
  ...MISSING_MODELS,
  ...REFUSED_ACCOUNTS,
  // After the account, which can be flagged as well.
  ...MODERATION_WORDINGS,
  ...FIREWALLS,
  ...THROTTLES,
  ...FAILED_GENERATIONS,
];

/**
 * Kinds that a 5xx may also have. llama.cpp refuses images and tools with 500, OpenRouter routing requirements with
 * 503.
 */
const IN_5XX: ReadonlySet<FailureKind> = new Set([
  'request_refused',
  'quota',
  'auth',
  'model_missing',
  'rate_limited',
  'overloaded',
]);
/** Kinds that a 429 may have, besides `rate_limited`. */
const IN_429: ReadonlySet<FailureKind> = new Set(['quota', 'request_refused']);
/** Statuses that decide the kind alone, because they are transient. */
const DECIDED_BY_STATUS: ReadonlySet<number> = new Set([408, 409, 425]);

/** The row of the table that matches `error`; `undefined`: none, so the status decides. */
export function knownError(error: ReportedError): KnownError | undefined {
  const { status } = error;
  if (status !== undefined && DECIDED_BY_STATUS.has(status)) return undefined;
  if (asksForMoreThanItsLimit(error.message)) return { kind: 'request_refused', phrase: undefined };
  if (isThrottledByGoogle(error)) return { kind: 'rate_limited', phrase: undefined };
  for (const { kind, codes, pattern, only4xx } of KNOWN) {
    if (!isPossible(kind, status)) continue;
    if (codes !== undefined && error.codes.some((code) => codes.has(code) || codes.has(family(code))))
      return { kind, phrase: undefined };
    if (only4xx === true && status !== undefined && status >= 500) continue;
    const phrase = pattern?.exec(error.message)?.[0];
    if (phrase !== undefined) return { kind, phrase };
  }
  return undefined;
}

/** Volcengine and Alibaba write `SensitiveContentDetected.SevereViolation`. */
function family(word: string): string {
  const end = word.indexOf('.');
  return end === -1 ? word : word.slice(0, end);
}

function isPossible(kind: FailureKind, status: number | undefined): boolean {
  if (status === undefined) return true;
  if (status === 429) return IN_429.has(kind);
  // A failure behind the endpoint; but Cloudflare's gateway blocks prompts with it.
  if (status === 424) return kind === 'rejected';
  if (status >= 500) return IN_5XX.has(kind);
  // A rejected key or a missing model is not caused by the content of the request.
  return kind !== 'rejected' || (status !== 401 && status !== 402 && status !== 404);
}

const LIMIT_AND_REQUEST = /\bLimit:? (\d{1,12}),? Requested:? (\d{1,12})/;

/**
 * "Limit 6000, Requested 9000" (Groq, OpenAI): waiting does not help this request, and smaller ones succeed
 * (openclaw/openclaw#147644).
 */
function asksForMoreThanItsLimit(message: string): boolean {
  const found = LIMIT_AND_REQUEST.exec(message);
  return found !== null && Number(found[2]) > Number(found[1]);
}

/** Google says "you exceeded your current quota" about limits per minute as well; only a daily quota lasts. */
function isThrottledByGoogle({ codes, message }: ReportedError): boolean {
  return codes.includes('resource_exhausted') && !codes.includes('quota_per_day') && !/\blimit: 0\b/.test(message);
}
