import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  failureOfErrorObject,
  failureOfErrorResponse,
  type UpstreamErrorContext,
} from '../../src/proxy/response/parse-error.js';
import { anthropic as anthropicFormat } from '../../src/formats/anthropic/anthropic.js';
import { azure } from '../../src/formats/azure/azure.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { openai } from '../../src/formats/openai.js';
import type { FailureKind } from '../../src/proxy/upstream-failure.js';

const CONTEXT: UpstreamErrorContext = { format: openai, callersKey: false, secrets: [], sentStreamOptions: true };

function faultOf(status: number, body: unknown, context = CONTEXT, headers: Record<string, string> = {}) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return failureOfErrorResponse({ head: { status, headers }, bytes, wallNow: 0 }, context);
}

/** OpenAI's envelope. */
const e = (message: string, code?: string | number | null, type?: string | null, rest: object = {}): object => ({
  error: { message, code: code ?? null, type: type ?? 'invalid_request_error', param: null, ...rest },
});
const google = (code: number, message: string, status: string, details: object[] = []): object[] => [
  { error: { code, message, status, details } },
];
const anthropic = (type: string, message: string): object => ({ type: 'error', error: { type, message } });

// Bodies as the providers send them, by what follows from them.
const SAID: readonly (readonly [FailureKind, string, number, unknown])[] = [
  // The caller's own.
  [
    'rejected',
    'OpenAI: too long',
    400,
    e("This model's maximum context length is 8192 tokens. However, you requested 9000.", 'context_length_exceeded'),
  ],
  [
    'rejected',
    'OpenAI: parameter',
    400,
    e(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'unsupported_parameter',
    ),
  ],
  [
    'rejected',
    'OpenAI: value',
    400,
    e("Unsupported value: 'temperature' does not support 0.5 with this model.", 'unsupported_value'),
  ],
  ['rejected', 'OpenAI: too large', 413, e('Maximum content size limit (26214400) exceeded', null, 'server_error')],
  [
    'rejected',
    'Azure: filter',
    400,
    e(
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      'content_filter',
      null,
      { status: 400, innererror: { code: 'ResponsibleAIPolicyViolation' } },
    ),
  ],
  [
    'rejected',
    'OpenAI: invalid prompt',
    400,
    e('Invalid prompt: your prompt was flagged as potentially violating our usage policy.', 'invalid_prompt'),
  ],
  [
    'rejected',
    'Anthropic: too long',
    400,
    anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  ],
  [
    'rejected',
    'Anthropic: roles',
    400,
    anthropic('invalid_request_error', 'messages: roles must alternate between "user" and "assistant"'),
  ],
  ['rejected', 'Anthropic: too large', 413, anthropic('request_too_large', 'Request exceeds the maximum size')],
  [
    'rejected',
    'Google: argument',
    400,
    google(400, 'Invalid value at generation_config.temperature', 'INVALID_ARGUMENT'),
  ],
  [
    'rejected',
    'Google: tokens',
    400,
    google(
      400,
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'INVALID_ARGUMENT',
    ),
  ],
  ['rejected', 'Bedrock: too long', 400, { message: 'Input is too long for requested model.' }],
  [
    'rejected',
    'Cohere: tokens',
    400,
    { message: 'too many tokens: total number of tokens in the prompt exceeds the limit of 4081.' },
  ],
  [
    'rejected',
    'Mistral: order',
    400,
    {
      object: 'error',
      message: 'Expected last role User or Tool',
      type: 'invalid_request_message_order',
      param: null,
      code: '3230',
    },
  ],
  [
    'rejected',
    'vLLM',
    400,
    { object: 'error', message: "Input should be 'auto' or 'none'", type: 'BadRequestError', param: null, code: 400 },
  ],
  ['rejected', 'FastAPI', 422, { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required' }] }],
  ['rejected', 'DeepSeek: moderation', 400, e('Content Exists Risk', 'invalid_request_error')],
  [
    'rejected',
    'Moonshot: moderation',
    400,
    e('The request was rejected because it was considered high risk', null, 'content_filter'),
  ],
  [
    'rejected',
    'Alibaba: moderation',
    400,
    e('Input data may contain inappropriate content.', 'data_inspection_failed'),
  ],
  [
    'rejected',
    'OpenRouter: moderation',
    403,
    {
      error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['violence'], flagged_input: 'x' } },
    },
  ],
  ['rejected', 'a 403 of a content policy', 403, e('Your request was blocked by our content policy.')],
  [
    'rejected',
    'a 403 that speaks of moderation',
    403,
    {
      error: {
        code: 403,
        message: 'openai/x requires moderation. Your input was flagged for "self-harm". No credits were charged.',
      },
    },
  ],
  ['rejected', 'a 451 of moderation', 451, e('The content failed moderation', 'censorship_blocked')],
  ['rejected', 'Groq: parameter', 400, e("'messages.1' : for 'role:assistant' the following must be satisfied", null)],
  ['rejected', 'a text', 400, 'Failed to deserialize the JSON body into the target type: messages[0]'],
  ['rejected', 'nothing', 400, ''],

  [
    'rejected',
    'xAI: safety',
    403,
    { code: 'x', error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO' },
  ],
  [
    'rejected',
    'Anthropic: output',
    400,
    anthropic('invalid_request_error', 'Output blocked by content filtering policy'),
  ],
  [
    'rejected',
    'OpenAI: safety',
    403,
    e('Your request was rejected as a result of our safety system.', 'moderation_blocked'),
  ],
  ['rejected', 'Cohere: token', 498, { message: 'The request contains a deny-listed token.' }],

  // One request, here.
  [
    'request_refused',
    'OpenRouter: cannot afford',
    402,
    {
      error: {
        code: 402,
        message:
          'This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 3000.',
      },
    },
  ],
  [
    'request_refused',
    'OpenRouter: tools',
    404,
    { error: { message: 'No endpoints found that support tool use. To learn more: x', code: 404 } },
  ],
  [
    'request_refused',
    'OpenRouter: images',
    404,
    { error: { message: 'No endpoints found that support image input', code: 404 } },
  ],
  [
    'request_refused',
    'OpenRouter: data policy',
    404,
    { error: { message: 'No endpoints found matching your data policy (Free model publication).', code: 404 } },
  ],
  [
    'request_refused',
    'OpenRouter: guardrails',
    404,
    { error: { message: 'No endpoints available matching your guardrail restrictions and data policy.', code: 404 } },
  ],
  [
    'request_refused',
    'OpenRouter: providers',
    404,
    { error: { message: 'No allowed providers are available for the selected model.', code: 404 } },
  ],
  [
    'request_refused',
    'Ollama: tools',
    400,
    e('registry.ollama.ai/library/gemma:latest does not support tools', null, 'api_error'),
  ],
  [
    'request_refused',
    'vLLM: tools',
    400,
    {
      object: 'error',
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      type: 'BadRequestError',
      code: 400,
    },
  ],
  [
    'request_refused',
    'Groq: larger than the limit',
    413,
    e(
      'Request too large for model `x` in organization `org_0` on tokens per minute (TPM): Limit 6000, Requested 9000',
      'rate_limit_exceeded',
      'tokens',
    ),
  ],
  [
    'request_refused',
    'OpenAI: larger than the limit',
    429,
    e(
      'Request too large for gpt-x in organization org-a on tokens per min (TPM): Limit 30000, Requested 43000.',
      'rate_limit_exceeded',
      'tokens',
    ),
  ],
  [
    'request_refused',
    'OpenAI: streams',
    400,
    e('Your organization must be verified to stream this model.', 'unsupported_value', null, { param: 'stream' }),
  ],

  [
    'request_refused',
    'OpenRouter: prompt',
    402,
    {
      error: {
        code: 402,
        message:
          'Prompt tokens limit exceeded: 40000 > 3000. To increase, visit https://openrouter.ai/settings/credits',
      },
    },
  ],

  // Credit.
  [
    'quota',
    'OpenAI: quota',
    429,
    e(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  ],
  ['quota', 'OpenAI: hard limit', 400, e('Billing hard limit has been reached', 'billing_hard_limit_reached')],
  [
    'quota',
    'OpenAI: inactive',
    429,
    e(
      'Your account is not active, please check your billing details on our website.',
      'billing_not_active',
      'billing_not_active',
    ),
  ],
  [
    'quota',
    'Anthropic: credit',
    400,
    anthropic(
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.',
    ),
  ],
  [
    'quota',
    'Anthropic: usage limits',
    400,
    anthropic(
      'invalid_request_error',
      'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    ),
  ],
  ['quota', 'Anthropic: billing', 402, anthropic('billing_error', 'There is an issue with your billing.')],
  ['quota', 'DeepSeek', 402, e('Insufficient Balance', 'invalid_request_error', 'unknown_error')],
  ['quota', 'DeepSeek by another status', 403, e('Insufficient Balance', 'invalid_request_error', 'unknown_error')],
  [
    'quota',
    'OpenRouter',
    402,
    { error: { code: 402, message: 'Insufficient credits. Add more using https://openrouter.ai/credits' } },
  ],
  [
    'quota',
    'xAI: 403',
    403,
    {
      code: 'The caller does not have permission to execute the specified operation',
      error: "Your newly created team doesn't have any credits or licenses yet.",
    },
  ],
  [
    'quota',
    'xAI: 429',
    429,
    {
      code: 'x',
      error:
        'Your team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd has either used all available credits or reached its monthly spending limit.',
    },
  ],
  [
    'quota',
    'Fireworks',
    412,
    {
      error: {
        object: 'error',
        type: 'invalid_request_error',
        code: 'PRECONDITION_FAILED',
        message: 'Account is suspended, possibly due to reaching the monthly spending limit',
      },
    },
  ],
  [
    'quota',
    'Novita',
    400,
    {
      code: 0,
      message: 'Insufficient quota available for instant inference. trace_id: x',
      type: 'invalid_request_error',
    },
  ],
  ['quota', 'Cohere', 429, { message: 'You are using a Trial key, which is limited to 1000 API calls / month.' }],
  [
    'quota',
    'Together',
    402,
    e('Credit limit exceeded, please navigate to billing to add credits.', null, 'credit_limit'),
  ],
  ['quota', 'Hugging Face', 402, { error: 'You have exceeded your monthly included credits for Inference Providers.' }],
  [
    'quota',
    'Moonshot',
    429,
    e('Your account x is suspended, please check your plan and billing details', null, 'exceeded_current_quota_error'),
  ],
  ['quota', 'Zhipu', 429, { error: { code: '1113', message: '余额不足或无可用资源包,请充值。' } }],
  [
    'quota',
    'Alibaba',
    400,
    e('Access denied, please make sure your account is in good standing.', 'Arrearage', 'Arrearage'),
  ],
  [
    'quota',
    'Google: per day',
    429,
    google(429, 'You exceeded your current quota.', 'RESOURCE_EXHAUSTED', [
      { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] },
    ]),
  ],
  [
    'quota',
    'Google: none at all',
    429,
    google(429, 'You exceeded your current quota. Quota exceeded for metric: x, limit: 0', 'RESOURCE_EXHAUSTED'),
  ],
  [
    'quota',
    'Bedrock: service quota',
    400,
    { __type: 'ServiceQuotaExceededException', message: 'Your request exceeds the service quota.' },
  ],
  ['quota', 'one-api', 403, e('用户额度不足', 'insufficient_user_quota', 'one_api_error')],
  [
    'quota',
    'LiteLLM around Anthropic',
    400,
    e(
      'litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access"}}',
      '400',
      null,
    ),
  ],
  ['quota', 'in a 500', 500, e('Insufficient credits')],

  [
    'quota',
    'Anthropic: workspace',
    400,
    anthropic(
      'invalid_request_error',
      'You have reached your specified workspace API usage limits. You will regain access on 2026-12-01.',
    ),
  ],
  [
    'quota',
    'OpenRouter: key',
    403,
    {
      error: {
        code: 403,
        message: 'Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys',
      },
    },
  ],
  [
    'quota',
    'Alibaba: free tier',
    403,
    e('The free tier of the model has been exhausted.', 'AllocationQuota.FreeTierOnly'),
  ],

  // Key, account, region.
  ['auth', 'OpenAI: key', 401, e('Incorrect API key provided: sk-ab***yz.', 'invalid_api_key')],
  [
    'auth',
    'OpenAI: region',
    403,
    e('Country, region, or territory not supported', 'unsupported_country_region_territory', 'request_forbidden'),
  ],
  ['auth', 'OpenAI: account', 401, e('Your account has been deactivated.', 'account_deactivated')],
  [
    'auth',
    'Google: key',
    400,
    google(400, 'API key not valid. Please pass a valid API key.', 'INVALID_ARGUMENT', [{ reason: 'API_KEY_INVALID' }]),
  ],
  ['auth', 'Google: expired', 400, google(400, 'API key expired. Please renew the API key.', 'INVALID_ARGUMENT')],
  [
    'auth',
    'Google: by its reason alone',
    400,
    google(400, 'Bad.', 'INVALID_ARGUMENT', [{ reason: 'API_KEY_INVALID' }]),
  ],
  [
    'auth',
    'Google: location',
    400,
    google(400, 'User location is not supported for the API use.', 'FAILED_PRECONDITION'),
  ],
  [
    'auth',
    'Google: service',
    403,
    google(
      403,
      'Generative Language API has not been used in project 1 before or it is disabled.',
      'PERMISSION_DENIED',
    ),
  ],
  ['auth', 'Anthropic: organisation', 400, anthropic('invalid_request_error', 'This organization has been disabled.')],
  [
    'auth',
    'Anthropic: on hold',
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'No.', details: { error_code: 'organization_on_hold' } },
    },
  ],
  [
    'auth',
    'Groq: restricted',
    400,
    e('Organization has been restricted. Please reach out to support.', 'organization_restricted'),
  ],
  ['auth', 'DeepSeek', 401, e('Authentication Fails (no such user)', 'invalid_request_error', 'authentication_error')],
  ['auth', 'xAI', 400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***yz.' }],
  [
    'auth',
    'Azure: key',
    401,
    { statusCode: 401, message: 'Access denied due to invalid subscription key or wrong API endpoint.' },
  ],
  ['auth', 'Azure: network', 403, e('Access denied due to Virtual Network/Firewall rules.', '403', null)],
  ['auth', 'Bedrock: token', 403, { message: 'The security token included in the request is expired' }],
  ['auth', 'an account that was flagged', 403, e('Your account has been flagged for potential abuse.')],
  ['auth', 'Mistral', 401, { message: 'Unauthorized', request_id: 'x' }],
  ['auth', 'a 403 without a message', 403, { error: { message: 'Forbidden' } }],
  ['auth', 'legal reasons without a message', 451, ''],

  ['auth', 'Bedrock: account', 400, { message: 'Operation not allowed' }],
  [
    'auth',
    'Bedrock: not authorised',
    403,
    { message: 'User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel' },
  ],

  // The model.
  [
    'model_missing',
    'OpenAI',
    404,
    e('The model `gpt-x` does not exist or you do not have access to it.', 'model_not_found'),
  ],
  [
    'model_missing',
    'OpenAI: project',
    403,
    e('Project `proj_x` does not have access to model `gpt-x`', 'model_not_found'),
  ],
  ['model_missing', 'Azure', 404, e('The API deployment for this resource does not exist.', 'DeploymentNotFound')],
  [
    'model_missing',
    'Azure: operation',
    400,
    e('The chatCompletion operation does not work with the specified model, x.', 'OperationNotSupported'),
  ],
  [
    'model_missing',
    'Groq: decommissioned',
    400,
    e('The model `x` has been decommissioned and is no longer supported.', 'model_decommissioned'),
  ],
  ['model_missing', 'Groq: terms', 400, e('The model `x` requires terms acceptance.', 'model_terms_required')],
  ['model_missing', 'DeepSeek', 400, e('Model Not Exist', 'invalid_request_error')],
  [
    'model_missing',
    'Mistral',
    400,
    { object: 'error', message: 'Invalid model: x', type: 'invalid_model', param: null, code: '1500' },
  ],
  [
    'model_missing',
    'Together',
    400,
    e('Unable to access non-serverless model x/y. Please visit https://api.together.ai', 'model_not_available'),
  ],
  ['model_missing', 'Fireworks', 404, e('Model not found, inaccessible, and/or not deployed', 'NOT_FOUND', 'error')],
  ['model_missing', 'OpenRouter: id', 400, { error: { message: 'x/y is not a valid model ID', code: 400 } }],
  ['model_missing', 'OpenRouter: endpoints', 404, { error: { message: 'No endpoints found for x/y.', code: 404 } }],
  ['model_missing', 'Google', 404, google(404, 'models/gemini-x is not found for API version v1beta', 'NOT_FOUND')],
  ['model_missing', 'Bedrock: identifier', 400, { message: 'The provided model identifier is invalid.' }],
  [
    'model_missing',
    'Bedrock: on demand',
    400,
    {
      message:
        "Invocation of model ID x with on-demand throughput isn't supported. Retry your request with an inference profile.",
    },
  ],
  [
    'model_missing',
    'Bedrock: access',
    403,
    { message: "You don't have access to the model with the specified model ID." },
  ],
  [
    'model_missing',
    'xAI',
    404,
    {
      code: 'Some requested entity was not found',
      error: 'The model grok-x does not exist or your team y does not have access to it.',
    },
  ],
  ['model_missing', 'Ollama', 404, e('model "x" not found, try pulling it first', null, 'api_error')],
  [
    'model_missing',
    'LM Studio',
    400,
    { error: 'Invalid model identifier "x". Please specify a valid downloaded model.' },
  ],
  ['model_missing', 'Copilot', 400, e('The requested model is not supported.', 'model_not_supported')],
  [
    'model_missing',
    'SiliconFlow',
    400,
    { code: 20_012, message: 'Model does not exist. Please check it carefully.', data: null },
  ],
  [
    'model_missing',
    'Cloudflare',
    400,
    { success: false, errors: [{ code: 5007, message: 'No such model @cf/x or task' }] },
  ],
  [
    'model_missing',
    'new-api',
    503,
    e('No available channel for model x under group default', 'model_not_found', 'new_api_error'),
  ],
  ['model_missing', 'Cohere', 404, { message: "model 'x' not found, make sure the correct model ID was used" }],
  ['model_missing', 'Gone', 410, ''],

  [
    'model_missing',
    'Azure: version',
    400,
    e('Model o1 is enabled only for api versions 2024-12-01-preview and later', 'BadRequest'),
  ],
  ['model_missing', 'Bedrock: end of life', 404, { message: 'This model version has reached the end of its life.' }],

  // Throttled.
  [
    'rate_limited',
    'OpenAI',
    429,
    e(
      'Rate limit reached for gpt-x on requests per min. Limit: 3 / min. Please try again in 20s.',
      'rate_limit_exceeded',
      'requests',
    ),
  ],
  [
    'rate_limited',
    'Groq with what was used',
    429,
    e(
      'Rate limit reached for model `x` on tokens per minute (TPM): Limit 6000, Used 5000, Requested 3000. Please try again in 20s.',
      'rate_limit_exceeded',
      'tokens',
    ),
  ],
  [
    'rate_limited',
    'Groq: 413',
    413,
    e('Rate limit reached on tokens per minute (TPM)', 'rate_limit_exceeded', 'tokens'),
  ],
  [
    'rate_limited',
    'Bedrock',
    400,
    e('Too many tokens, please wait before trying again.', 'ThrottlingException', 'ThrottlingException'),
  ],
  [
    'rate_limited',
    'Google: per minute',
    429,
    google(
      429,
      'You exceeded your current quota, please check your plan and billing details. Please retry in 34.07s.',
      'RESOURCE_EXHAUSTED',
      [{ retryDelay: '34s' }],
    ),
  ],
  ['rate_limited', 'Google: 403', 403, google(403, 'Quota exceeded for quota metric', 'RESOURCE_EXHAUSTED')],
  ['rate_limited', 'GitHub', 403, { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' }],
  [
    'rate_limited',
    'Mistral',
    429,
    { object: 'error', message: 'Rate limit exceeded', type: 'rate_limited', param: null, code: '1300' },
  ],
  [
    'rate_limited',
    'Mistral: capacity',
    429,
    {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  ],
  [
    'rate_limited',
    'Cohere: per minute',
    429,
    { message: 'You are using a Trial key, which is limited to 40 API calls / minute.' },
  ],
  ['rate_limited', 'Zhipu: 1302', 429, { error: { code: '1302', message: '您当前使用该API的并发数过高' } }],
  ['rate_limited', 'a page', 429, '<html><title>Too many requests</title></html>'],

  // No room, or broken.
  [
    'overloaded',
    'Groq: flex',
    498,
    e('Flex tier capacity exceeded', 'capacity_exceeded', 'flex_tier_capacity_exceeded'),
  ],
  ['overloaded', 'Anthropic', 529, anthropic('overloaded_error', 'Overloaded')],
  ['overloaded', 'Anthropic by 400', 400, anthropic('overloaded_error', 'Overloaded')],
  ['overloaded', 'OpenAI: 500', 500, e('The server is overloaded or not ready yet.', null, 'server_error')],
  ['overloaded', 'Google', 503, google(503, 'The model is overloaded. Please try again later.', 'UNAVAILABLE')],
  ['overloaded', 'Hugging Face', 503, { error: 'Model x/y is currently loading', estimated_time: 20 }],
  ['overloaded', 'a model that is not available at the moment', 503, e('The model is not available at the moment.')],
  ['server_error', 'a bare 500', 500, e('Internal server error', null, 'server_error')],
  ['server_error', 'Bedrock: 424', 424, { message: 'The model returned an error.', originalStatusCode: 400 }],
  ['unexpected_status', 'a teapot', 418, e('No.')],
  ['unexpected_status', 'a wrong method', 405, { detail: 'Method Not Allowed' }],
  ['unexpected_status', 'a precondition', 412, e('Precondition failed')],
  ['try_later', 'a client that disconnected', 499, google(499, 'The operation was cancelled.', 'CANCELLED')],
  [
    'generation_failed',
    'Groq: tools',
    400,
    e('Failed to call a function. Please adjust your prompt.', 'tool_use_failed', null, { failed_generation: '<x>' }),
  ],
  [
    'generation_failed',
    'Groq: JSON',
    400,
    e('Failed to generate JSON. Please adjust your prompt.', 'json_validate_failed'),
  ],

  // Intermediaries.
  ['firewall', 'Cloudflare', 403, '<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>'],
  ['firewall', 'Cloudflare to what is no browser', 403, 'error code: 1020'],
  ['firewall', 'Alibaba Cloud', 405, '<!doctype html><html><title>405</title></html>'],
  ['firewall', 'nginx', 400, '<html>\r\n<head><title>400 Bad Request</title></head></html>'],
  ['firewall', 'OpenAI', 403, e('Your request was blocked.')],
  ['auth', 'a login page', 401, '<html><title>Sign in</title></html>'],
  ['model_missing', 'a wrong address', 404, '<html><title>404 Not Found</title></html>'],
  ['server_error', 'a bad gateway', 502, '<html><title>502</title></html>'],

  // What the gateway added.
  [
    'added_parameter',
    'Mistral',
    422,
    { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] },
  ],
  ['added_parameter', 'Azure of old', 400, e('Unrecognized request argument supplied: stream_options')],
  ['added_parameter', 'NVIDIA', 400, { detail: 'Validation: Unsupported parameter(s): `stream_options`' }],
  [
    'added_parameter',
    'by its parameter',
    400,
    e('Unknown field.', 'unknown_parameter', null, { param: 'stream_options.include_usage' }),
  ],
];

describe('whose fault an error is', () => {
  it.each(SAID)('%s: %s (%i)', (kind, _what, status, body) => {
    const fault = faultOf(status, body);
    expect(fault.kind).toBe(kind);
    expect(fault.status).toBe(status);
  });

  const IN_BAND = new Set([
    'Anthropic: credit',
    'Anthropic by 400',
    'Azure: filter',
    'Bedrock',
    'DeepSeek',
    'Fireworks',
    'Google: key',
    'Google: per day',
    'Google: per minute',
    'Groq: decommissioned',
    'Groq: flex',
    'Groq: tools',
    'Mistral',
    'OpenAI: key',
    'OpenAI: too long',
    'OpenRouter: cannot afford',
    'OpenRouter: moderation',
    'OpenRouter: tools',
    'xAI: 403',
  ]);
  const inBand = SAID.filter(
    ([, what, , body]) => IN_BAND.has(what) && !JSON.stringify(body).includes('"message":"Unauthorized"'),
  );

  it.each(inBand)('%s: %s, inside of a 200', (kind, _what, _status, body) => {
    expect(failureOfErrorObject(body, CONTEXT).kind).toBe(kind);
  });

  it.each([
    ['the key of the request', 401, e('Incorrect API key.', 'invalid_api_key')],
    ['its credit', 402, e('Insufficient Balance')],
    ['its credit by 400', 400, anthropic('invalid_request_error', 'Your credit balance is too low to access the API.')],
  ])('%s is the caller’s to know', (_what, status, body) => {
    const fault = faultOf(status, body, { ...CONTEXT, callersKey: true });
    expect(fault).toMatchObject({
      kind: 'caller_auth',
      error: { status, message: expect.stringMatching(/API key|alance/) },
    });
  });

  it('the format’s own verdict beats the table', () => {
    const said = { message: 'Insufficient balance', type: null, param: null, code: null };
    const by = (kind: 'rejected' | 'auth') => ({ ...openai, decodeError: () => ({ ...said, kind }) });
    expect(faultOf(429, {}, { ...CONTEXT, format: by('auth') }).kind).toBe('auth');
    expect(faultOf(500, {}, { ...CONTEXT, format: by('rejected') })).toMatchObject({
      kind: 'rejected',
      error: { status: 400 },
    });
    expect(faultOf(401, {}, { ...CONTEXT, format: by('auth'), callersKey: true }).kind).toBe('caller_auth');
  });

  it('text that the caller wrote into the request proves nothing', () => {
    const quotes = (text: string): boolean => '{"x":"insufficient balance"}'.includes(text.toLowerCase());
    const echo = e('Invalid value: Insufficient balance', 'invalid_value');
    expect(faultOf(400, echo, { ...CONTEXT, quotes }).kind).toBe('rejected');
    expect(faultOf(400, e('Your credit balance is too low'), { ...CONTEXT, quotes }).kind).toBe('quota');
  });

  it('a fault of one request stays one, though the request quotes its wording', () => {
    const quotes = (): boolean => true;
    expect(faultOf(403, e('Your input was flagged.'), { ...CONTEXT, quotes }).kind).toBe('rejected');
    expect(faultOf(404, e('No endpoints found that support tool use.'), { ...CONTEXT, quotes }).kind).toBe(
      'request_refused',
    );
  });

  it('nothing is blamed on stream_options that were not sent and stand in the prompt', () => {
    const body = e('Bad message: tell me about stream_options');
    const unsent = { ...CONTEXT, sentStreamOptions: false };
    expect(faultOf(400, body, { ...unsent, quotes: () => true }).kind).toBe('rejected');
    expect(faultOf(400, body, { ...unsent, quotes: () => false }).kind).toBe('added_parameter');
    expect(faultOf(500, body).kind).toBe('server_error');
  });
});

/** Bodies of many vendors; `inBand`: the kind of the same body inside of a 200. */
const VENDORS = readFileSync(new URL('../fixtures/vendor-errors.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as VendorError);

interface VendorError {
  readonly what: string;
  readonly status: number;
  readonly kind: FailureKind;
  readonly inBand?: FailureKind;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

describe('whose fault an error of a vendor is', () => {
  it.each(VENDORS.map((row) => [row.what, row] as const))('%s', (_what, { status, kind, inBand, headers, body }) => {
    const fault = status === 200 ? failureOfErrorObject(body, CONTEXT) : faultOf(status, body, CONTEXT, headers);
    expect(fault.kind).toBe(kind);
    if (inBand !== undefined) expect(failureOfErrorObject(body, CONTEXT).kind).toBe(inBand);
  });
});

describe('whose fault an error of a vendor is, read by its own format', () => {
  const formats = new Map([
    ['anth', anthropicFormat()],
    ['azure', azure()],
    ['bed', bedrock()],
    ['gem', gemini()],
  ]);
  // Bedrock's names decide where there are any: these rows are about wordings.
  const NAMED = /^bed-(?:access|payment|thr|modelid|token|legacy|usecase$|503)/;
  const rows = VENDORS.filter(({ what }) => !NAMED.test(what)).flatMap((row) => {
    const format = formats.get(row.what.split('-')[0]!);
    return format === undefined ? [] : [[row.what, format, row] as const];
  });

  it.each(rows)('%s', (_what, format, { status, kind, body }) => {
    const head = { 'x-amzn-errortype': status === 400 ? 'ValidationException' : '' };
    expect(faultOf(status, body, { ...CONTEXT, format }, format.name === 'bedrock' ? head : {}).kind).toBe(kind);
  });
});

describe('what many such errors mean', () => {
  it.each<[FailureKind | undefined, number, unknown]>([
    ['auth', 403, e('Your input was flagged.')],
    ['auth', 403, '<html></html>'],
    ['quota', 402, e('You can only afford 3 tokens.')],
    ['model_missing', 404, e('No endpoints found that support tool use.')],
    [undefined, 400, e('Your input was flagged.')],
    [undefined, 400, e('x does not support tools')],
    [undefined, 429, e('Slow down.')],
  ])('%s', (kind, status, body) => expect(faultOf(status, body).repeatedKind).toBe(kind));
});

describe('what the client reads', () => {
  it.each([
    ['BadRequestError', 400, 'invalid_request_error'],
    ['invalid_request_message_order', 400, 'invalid_request_error'],
    ['extra_forbidden', 422, 'invalid_request_error'],
    ['RateLimitError', 429, 'requests'],
    ['tokens', 429, 'tokens'],
    ['not_found_error', 400, 'not_found_error'],
    [null, 400, 'invalid_request_error'],
  ])('a type %s (%i) as %s', (type, status, expected) => {
    const { error } = faultOf(status, { error: { message: 'No.', type, code: null } });
    expect(error.toWire()).toMatchObject({ message: 'No.', type: expected });
  });

  it.each([
    [401, e('Key of acme refused.'), 502],
    [402, e('Insufficient credits of acme.'), 429],
    [400, anthropic('invalid_request_error', 'Your credit balance is too low, acme.'), 429],
    [404, e('No model of acme.'), 404],
    [500, e('acme broke.'), 502],
    [503, e('acme is full.'), 503],
  ])('a summary of the operator’s %i, or its message if configured', (status, body, expected) => {
    const summary = faultOf(status, body).error;
    expect(summary.status).toBe(expected);
    expect(summary.message).not.toContain('acme');
    const inWords = faultOf(status, body, { ...CONTEXT, relay: 'message' }).error;
    expect({ status: inWords.status, code: inWords.code }).toEqual({ status: expected, code: summary.code });
    expect(inWords.message).toContain('acme');
  });

  it.each([
    [422, e('No.'), 400],
    [403, e('Your input was flagged.'), 403],
    [402, e('You can only afford 3 tokens.'), 402],
    [404, e('No endpoints found that support tool use.'), 404],
    [451, e('The content failed moderation.'), 451],
    [403, '<html><title>x</title></html>', 403],
  ])('a fault of the request (%i) with a status of its own', (status, body, expected) => {
    expect(faultOf(status, body).error).toMatchObject({ status: expected, code: 'upstream_rejected' });
  });

  it('never a page', () => {
    expect(faultOf(403, '<html><title>Attention</title></html>').error.message).not.toContain('Attention');
  });
});

describe('what the operator reads', () => {
  it('the upstream’s own error, redacted and short', () => {
    const body = e(`Bad key sk-abcdefghijk of org-abcdefgh12345678: ${'x'.repeat(900)}`, 'invalid_api_key', 'auth');
    const { upstreamError } = faultOf(401, body);
    expect(upstreamError).toMatchObject({ status: 401, type: 'auth', code: 'invalid_api_key' });
    expect(upstreamError?.message).toMatch(/^Bad key \[redacted\] of \[redacted\]: x+…$/);
    expect(upstreamError?.message.length).toBeLessThan(300);
  });

  it.each([
    ['a page by its title', 403, '<html><title>Attention Required!</title>', 'HTML page: Attention Required!'],
    ['a text', 502, 'upstream connect error', 'upstream connect error'],
    ['nothing', 500, '', ''],
  ])('%s', (_what, status, body, message) => {
    expect(faultOf(status, body).upstreamError).toEqual({ status, type: null, code: null, message });
  });
});

describe('how long to wait', () => {
  const waits = e('Please try again in 34.07s.', 'rate_limit_exceeded');

  it('the header takes precedence over the body', () => {
    expect(faultOf(429, waits).retryAfterMs).toBe(34_070);
    expect(faultOf(429, waits, CONTEXT, { 'retry-after': '5' }).retryAfterMs).toBe(5_000);
    expect(faultOf(429, waits, CONTEXT, { 'retry-after': 'soon' }).retryAfterMs).toBe(34_070);
  });

  it('inside of a 200 too', () => expect(failureOfErrorObject(waits, CONTEXT).retryAfterMs).toBe(34_070));
});
