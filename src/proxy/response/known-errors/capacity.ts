import { anyOf, codeSet, type ErrorRow } from './row.js';

/** The endpoint throttles, or has no capacity. */
export const THROTTLES: readonly ErrorRow[] = [
  {
    kind: 'overloaded',
    // Groq's 498 (laravel/ai#925).
    codes: codeSet(`
      overloaded_error overloaded server_is_overloaded server_overloaded serveroverloaded engine_overloaded
      engine_overloaded_error capacity_exceeded capacity_exhausted flex_tier_capacity_exceeded
      service_tier_capacity_exceeded model_capacity_exhausted resource_unavailable serviceunavailableexception
      modelnotreadyexception unavailable service_unavailable service_unavailable_error slow_down model_loading
      no_capacity insufficient_capacity 1305`),
    // continuedev/continue#6185.
    pattern: anyOf(
      /\bcapacity (?:was |is |has been |temporarily )?(?:exceeded|exhausted|reached)/, // Mistral, Cloudflare
      /exceeded\b.{0,30}\bcapacity/,
      /(?:no|insufficient|not enough) capacity/,
      /at (?:full |maximum )?capacity/,
      /\boverloaded\b/,
      /(?:model|server|engine|service) (?:is )?(?:too )?busy/, // DeepSeek, Ollama, DeepInfra
      /currently (?:busy|loading)/, // Hugging Face
      /no (?:healthy|available) (?:instances?|workers?|replicas?|servers?|nodes?)/,
      /high (?:demand|load|traffic)/, // Azure, Cerebras
    ),
  },
  {
    kind: 'rate_limited',
    codes: codeSet(`
      rate_limit_exceeded rate_limit_error rate_limit_reached_error rate_limited rate_limit ratelimit ratelimiterror
      ratelimitexceeded ratelimitreached rate_limit_reached userratelimitexceeded too_many_requests toomanyrequests
      toomanyrequestsexception throttlingexception throttling throttled throttling_error throttling.ratequota
      throttling.allocationquota limit_requests limit_burst_rate resource_exhausted requestlimitexceeded
      setlimitexceeded too_many_requests_error queue_exceeded concurrency_limit_exceeded 1302 1303`),
    // tashfeenahmed/freellmapi#168, openclaw/openclaw#147644; GitHub's "secondary rate limit".
    pattern: anyOf(
      /\brate[ -]?limit/,
      /too many (?:concurrent )?requests/,
      /too many tokens, please wait/,
      /\b(?:tokens|requests) per (?:second|minute|hour|day|min)\b/,
      /\b(?:TPM|RPM|TPD|RPD)\b/, // Groq, SiliconFlow, Moonshot
      /throttl/, // Bedrock
      /concurren(?:cy|t)\b.{0,30}\blimit/,
      /request limit\b.{0,20}\b(?:reached|exceeded)/, // NVIDIA NIM, Baidu
      /resource (?:has been )?exhausted/, // xAI
      /请求过于频繁/,
      /速率限制/,
    ),
  },
];
