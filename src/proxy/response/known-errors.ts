import type { FailureKind } from '../upstream-failure.js';

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

interface Row {
  readonly kind: FailureKind;
  /** Codes, types and reasons, in lower case. */
  readonly codes?: ReadonlySet<string>;
  /** Matches the message. */
  readonly pattern?: RegExp;
  /** `pattern` applies to a 4xx only: in a 5xx "the model is not available" means "at the moment". */
  readonly only4xx?: true;
}

const codeSet = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/**
 * The kind of an upstream error, by the wording of the large providers. The first matching row decides; if none
 * matches, the status alone does (`kindOfStatus`). A new wording belongs here, with its source, and nowhere else.
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
 * and public reports, named at their rows.
 */
const KNOWN: readonly Row[] = [
  // --- invalid requests: length and fields. First, because these messages may quote anything. -----------------------
  {
    kind: 'rejected',
    codes: codeSet(`context_length_exceeded string_above_max_length array_above_max_length unsupported_parameter
      unknown_parameter missing_required_parameter invalid_type input_too_long max_tokens_exceeded
      request_too_large_for_context invalid_image_url invalid_base64 image_parse_error`),
    // Cohere "too many tokens: total number …"; Bedrock "Input is too long for requested model"; Anthropic "prompt is
    // too long"; Together's 403 "`inputs` tokens + `max_new_tokens` must be <= 4097"; watsonx "the number of input tokens 5000
    // cannot exceed".
    pattern:
      /maximum context length|context (?:length|window|size)|prompt (?:is )?too long|input (?:is )?too long|too many tokens:|reduce the length|\binput tokens?\b.{0,60}\bexceeds?\b|max_(?:new_)?tokens\b.{0,40}\bmust be (?:<|less than)|exceeded model token limit|超长/i,
  },

  // --- this endpoint cannot serve this request, but serves others. --------------------------------------------------
  {
    kind: 'request_refused',
    // OpenRouter (can1357/oh-my-pi#9569, Routstr/routstr-core#554, truefoundry/models#826); Ollama and vLLM on tools;
    // OpenAI on streams of organisations that are not verified.
    pattern:
      /can only afford|fewer max_tokens|prompt tokens? limit exceeded|no endpoints? (?:found|available)(?:,|\.)? (?:that|which|matching|with|to|can)\b|no allowed providers|\bdata policy\b|does not support (?:the )?(?:tools?\b|tool[_ ](?:use|calls?|calling|choice)|function[ _]call|parallel|images?\b|image input|vision|audio|video|multi-?modal|json|structured|system (?:role|message|prompt)|developer)|tool choice requires --|must be verified to stream/i,
  },
  {
    kind: 'request_refused',
    codes: codeSet('tokens_limit_reached'),
    // What the model of this endpoint cannot read or do: Bedrock "doesn't support tool use", Ollama "does not support
    // thinking", xAI "Image inputs are not supported by this model", llama.cpp "image input is not supported", vLLM "is
    // not a multimodal model", "At most 1 image(s) may be provided", DeepSeek and Groq on content that is a list,
    // Alibaba's models that only stream, OpenRouter's routing requirements, xAI's search (410), GitHub's small limits (413).
    pattern:
      /(?:does not|doesn.t|do not|don.t) (?:currently )?support (?:the )?(?:tools?\b|function|image|document|system messages?|thinking|reasoning|streaming|parameter\b)|(?:images?|image inputs?|tools?|tool (?:use|calling)|audio|video|vision|streaming|thinking) (?:is|are) not supported|not supported (?:by|on|with) this model|is not a multimodal model|at most \d+ (?:image|audio|video)|unknown variant `?(?:image|input_audio|file)|content must be a string|tools param requires --|only supports? (?:the )?stream|for non-streaming calls|meets? your routing requirements|live search is deprecated/i,
  },
  {
    kind: 'request_refused',
    // What this request names and this account does not have: a file, a cache, a bucket (Google answers 403), audio;
    // and a prompt that is longer than the account may send (Anthropic answers 429 and 400).
    pattern:
      /permission to access the file|\bfiles?\b[^.]{0,80}\b(?:not found|do(?:es)? not exist)|no such file\b|cachedcontent not found|cloud storage|\baudio\b[^.]{0,60}\bnot found|\blong context (?:requests?|beta)\b/i,
  },

  // --- moderation: the caller gets the upstream's message. ----------------------------------------------------------
  {
    kind: 'rejected',
    codes: codeSet(`content_policy_violation content_filter content_filtered moderation_blocked moderation
      responsibleaipolicyviolation content_moderation sensitive_words_detected data_inspection_failed
      datainspectionfailed flagged_input censorship_blocked sensitivecontentdetected inputtextsensitivecontentdetected
      inputimagesensitivecontentdetected inputtextriskdetection inputimageriskdetection prompt_blocked prohibited_content safety_violation guardrail_intervened moderation_error
      policy_violation content_policy content_blocked unsafe_content harmful_content usage_policy_violation
      invalid_prompt safety_check_failed 1301`),
  },

  // --- the operator's account: no credit. Before keys, because "suspended" often means unpaid. ----------------------
  {
    kind: 'quota',
    codes: codeSet(`insufficient_quota billing_hard_limit_reached billing_not_active enforced_spend_limit_reached
      contract_spend_limit_reached insufficient_balance insufficient_credits insufficient_credit insufficient_funds
      insufficient_user_quota pre_consume_token_quota_failed exceeded_current_quota_error quota_exceeded quotaexceeded
      quota_per_day billing_error payment_required credit_limit_exceeded credits_exhausted allocationquota.freetieronly no_credits out_of_credits
      spend_limit_exceeded budget_exceeded arrearage accountoverdueerror servicequotaexceededexception billing_disabled
      1113 1304 1308 1310 token_quota_reached token_quota_exceeded consumption_limit_reached customer_verification_required`),
    // Anthropic (theopenco/llmgateway#3297), DeepSeek (theopenco/llmgateway#2652), Fireworks (laravel/ai#925), Novita
    // (experientiallabs/experiential#993), xAI (continuedev/continue#10373, #12670), Cohere's trial keys, Hugging Face.
    pattern:
      /credit balance (?:is )?too low|insufficient (?:account )?(?:balance|quota|credits?|funds)|not enough (?:balance|credits?|funds|quota)|balance (?:is )?(?:not enough|insufficient|too low)|exceeded (?:your|its|the) (?:current |monthly |billing )?(?:quota|included credits|spend)|exceeded your (?:free |monthly )[\w -]{0,20}(?:quota|limit|credits)|monthly included credits|spend(?:ing)? (?:limit|cap)|billing hard limit|specified (?:\w+ )?API usage limits|regain access on|key limit exceeded|used all (?:of )?(?:its |your |the )?(?:available |free )?credits|(?:run |ran )?out of credits?\b|(?:doesn't|does not|don't|do not) have any credits|no credits (?:left|remaining)|requires more credits|more credits (?:are )?(?:required|needed)|credit limit (?:was |is )?exceeded|payment (?:is )?required|check your (?:plan and )?billing|billing (?:is )?(?:not (?:enabled|active)|disabled)|requires billing|trial key\b.{0,80}\/ ?month|account\b.{0,30}\bin arrears|overdue (?:balance|payment)|free (?:trial |tier )?(?:quota|tier|credits?)\b.{0,60}\bexhausted|requires? (?:a |an )?(?:\w+ )?(?:subscription|paid plan)\b|(?:usage|monthly|daily|account|credit|free) quota\b.{0,30}\bexceeded|quota (?:has been |is )?(?:exhausted|used up|depleted)|used up your (?:daily |monthly |free )|余额不足|欠费|\blimit: 0\b/i,
  },
  {
    kind: 'quota',
    // watsonx, Ollama's cloud, Zhipu's plans, DeepInfra, Vercel, Tencent and one-api, Baidu.
    pattern:
      /quota for this billing cycle|reached your (?:hourly |daily |weekly |monthly )?usage limit|(?:daily|weekly|monthly) (?:request )?limit (?:exhausted|reached)|top up your (?:balance|account)|(?:valid )?(?:credit card|payment (?:method|instrument))\b.{0,40}\brequired|requires a (?:valid )?(?:credit card|payment)|payment.instrument|(?:额度|余量)(?:不足|已用尽)/i,
  },

  // --- the model does not exist at this provider. -------------------------------------------------------------------
  {
    kind: 'model_missing',
    codes: codeSet(`model_not_found modelnotfound model_decommissioned model_deprecated model_not_available
      model_not_supported model_unavailable model_not_exist model_not_active model.accessdenied modelnotopen invalidendpointormodel.notfound invalid_model unknown_model
      unsupported_model model_terms_required model_permission_blocked_org model_permission_blocked_project
      deploymentnotfound deployment_not_found operationnotsupported unavailable_model no_available_channel
      resourcenotfoundexception resource_not_found_error endpoint_not_found resource_does_not_exist model_load_failed
      1211 1220 20012`),
    // DeepSeek "Model Not Exist", OpenRouter "is not a valid model ID", Bedrock's on-demand models, Together's
    // dedicated ones (HeyPuter/puter#3168), Groq (atiilla/sqlmap-ai#3), new-api's channels, Ollama "try pulling it first".
    pattern:
      /\bmodels?\b.{0,120}\b(?:does not exist|do(?:es)? not exist|not exist|doesn't exist|(?:was|is|were) not found|not found|(?:has been|is|was) (?:decommissioned|deprecated|retired|discontinued|removed|shut down)|no longer (?:supported|available|served|active)|not (?:currently )?available|not (?:been )?(?:deployed|enabled|activated|served)|is not (?:a )?valid model|end of (?:its )?life|isn't (?:available|deployed))|not a valid model|\bmodel [^ ]{1,80} (?:is )?not supported|(?:requested|specified|selected) model is not supported|invalid model(?: name| id| identifier)?\b|model identifier is invalid|(?:unknown|unsupported|no such|unrecognized) model\b|model not (?:found|exist|supported)|unable to access non-serverless|on-demand throughput isn.t supported|(?:no|not have|don't have|without) access to (?:the |this )?(?:requested )?(?:model|deployment)|not (?:have|has) access to model|no available channel|marked by provider as legacy|model access (?:is )?denied|enabled only for api versions|api[- ]version\b.{0,40}\b(?:not supported|unsupported|invalid|required)|no endpoints? found for\b|API deployment for this resource does not exist|must be verified to use the model|模型不存在/i,
    only4xx: true,
  },

  {
    kind: 'model_missing',
    // OpenAI's models of other APIs, Groq's terms and blocks, Bedrock's use-case form, LM Studio, Moonshot, Databricks,
    // SiliconFlow, Kong.
    pattern:
      /not a chat model|only supported in v1\/|not supported in the v1\/chat\/completions|does not support chat\b|requires terms acceptance|\bmodel\b.{0,80}\bis blocked at the (?:organi[sz]ation|project)|use case details have not been submitted|unexpected model name format|no models? (?:are |is )?loaded|^model (?:was )?unloaded|failed to load model|not found the model|\bendpoint\b.{0,80}\bdoes not exist|^model disabled|no route matched/i,
    only4xx: true,
  },
  { kind: 'model_missing', pattern: /no available channel/i },

  // --- the operator's account, key or region. -----------------------------------------------------------------------
  {
    kind: 'auth',
    codes: codeSet(`invalid_api_key incorrect_api_key expired_api_key api_key_invalid api_key_expired
      api_key_service_blocked api_key_http_referrer_blocked api_key_ip_address_blocked consumer_suspended
      consumer_invalid service_disabled account_state_invalid access_token_expired access_token_scope_insufficient
      account_deactivated account_suspended account_disabled organization_restricted organization_on_hold
      organization_disabled invalid_organization invalid_authentication_error invalid_authentication
      authentication_error unauthenticated unauthorized invalidapikey invalid_token permission_blocked
      unsupported_country_region_territory unsupported_region unrecognizedclientexception invalidsignatureexception
      expiredtokenexception accessdenied accessdenied.unpurchased accessdeniedexception incompletesignature missingauthenticationtoken
      ip_not_authorized cmek_key_unavailable access_terminated mismatched_organization authenticationtypedisabled permissiondenied
      authentication_token_expired wrong_api_key invalid_iam_token no_associated_service_instance_error 1112 1121`),
    // Google (yym68686/uni-api#140, RightNow-AI/openfang#834), Anthropic's and Groq's disabled organisations.
    pattern:
      /\bapi[ _-]?key\b.{0,60}\b(?:not valid|invalid|expired|not found|incorrect|revoked|disabled|deactivated|blocked|leaked|missing|not authorized)|(?:invalid|incorrect|expired|revoked|missing|no|wrong|unknown) (?:x-)?(?:api[ _-]?key|authentication|auth token|credentials|bearer token|subscription key)|renew the api key|(?:location|country|region|territory)\b.{0,40}\b(?:is |are )?not (?:supported|available|allowed)|not (?:supported|available|allowed) in (?:your|this) (?:country|region|location|territory)|\b(?:account|organi[sz]ation|team|workspace|api key|subscription)\b[^.]{0,60}\b(?:suspended|deactivated|disabled|terminated|banned|restricted|on hold|locked|flagged|frozen|closed|not active|inactive)|(?:suspended|deactivated|disabled|banned) (?:account|organi[sz]ation)|firewall rules|credential is only authorized|not authorized to (?:invoke|perform)|^operation not allowed|has not been used in project|security token included in the request is/i,
  },
  {
    kind: 'auth',
    // OpenAI's scopes, headers and closed accounts; Anthropic on Bedrock's regions; Azure's roles; Groq's network
    // settings; Cohere, Cloudflare, Zhipu, Baidu, SiliconFlow, Hugging Face.
    pattern:
      /^(?:unauthori[sz]ed|forbidden)\b|(?:invalid|expired) (?:api|access) token|access token (?:is )?(?:invalid|expired)|^authentication (?:error|failed|failure)|^failed to authenticate|user is not authenticated|insufficient permissions for this|sufficient permissions to call|missing scopes|header should match organi[sz]ation|access (?:was|has been) (?:terminated|revoked|suspended)|unsupported countries|key based authentication is disabled|lacks the required data action|check your network settings|identity[- ]verified accounts|status is not active|AppIdNoAuthError|身份验证失败/i,
  },

  // --- moderation by its wording. After the account, which can be flagged as well. ----------------------------------
  {
    kind: 'rejected',
    // OpenRouter (theopenco/llmgateway#1785), Azure "content management policy", DeepSeek "Content Exists Risk",
    // Moonshot "high risk".
    pattern:
      /\bflagged\b|\bmoderat(?:ion|ed|or)\b|content (?:management |usage |safety )?polic(?:y|ies)|usage polic(?:y|ies)|safety (?:system|filter|checks?|reasons|polic)|content[ _-]?(?:filter|safety|inspection)|inappropriate content|sensitive (?:content|words?|information)|considered high risk|content exists risk|violat(?:e[sd]?|ing|ions?)\b.{0,80}\b(?:polic|terms|guidelines)|harmful content|\bnsfw\b|deny-?listed token|(?:prompt|input|output|content|message) (?:was |has been |is )?(?:blocked|rejected) (?:by|due|because|for)|prohibited (?:use|content)|data inspection|\bguardrails?\b|content audit|不安全|敏感|违规/i,
  },
  {
    kind: 'rejected',
    // Stepfun, Alibaba, Google, Cloudflare's gateway, and filters in front of open models.
    pattern:
      /(?:prohibited|disallowed|unsafe|abusive|explicit|illegal|hateful|toxic|objectionable)[ _]content|\bcontents? (?:\w+ ){0,6}(?:is |are |was )?(?:blocked|not allowed|disallowed)\b|\bprompt (?:was |is )?blocked|jailbreak|prompt injection|profanity|hate speech|sexual\/minors|self-harm|\bPII\b|because it is harmful|suspected of being involved|内容审核/i,
  },

  // A firewall that responds in JSON (OpenAI "Your request was blocked.").
  {
    kind: 'firewall',
    pattern: /^(?:your |the |this )?request (?:was|has been) blocked\.?$|\bWAF\b|web application firewall/i,
  },

  // --- throttled, or no capacity. -----------------------------------------------------------------------------------
  {
    kind: 'overloaded',
    codes:
      codeSet(`overloaded_error overloaded server_is_overloaded server_overloaded serveroverloaded engine_overloaded
      engine_overloaded_error capacity_exceeded capacity_exhausted flex_tier_capacity_exceeded
      service_tier_capacity_exceeded model_capacity_exhausted resource_unavailable serviceunavailableexception
      modelnotreadyexception unavailable service_unavailable service_unavailable_error slow_down model_loading
      no_capacity insufficient_capacity 1305`),
    // Groq's 498 (laravel/ai#925), Mistral (continuedev/continue#6185), Hugging Face "currently loading".
    pattern:
      /\bcapacity (?:was |is |has been |temporarily )?(?:exceeded|exhausted|reached)|exceeded\b.{0,30}\bcapacity|(?:no|insufficient|not enough) capacity|at (?:full |maximum )?capacity|\boverloaded\b|(?:model|server|engine|service) (?:is )?(?:too )?busy|currently (?:busy|loading)|no (?:healthy|available) (?:instances?|workers?|replicas?|servers?|nodes?)|high (?:demand|load|traffic)/i,
  },
  {
    kind: 'rate_limited',
    codes: codeSet(`rate_limit_exceeded rate_limit_error rate_limit_reached_error rate_limited rate_limit ratelimit
      ratelimiterror ratelimitexceeded ratelimitreached rate_limit_reached userratelimitexceeded too_many_requests
      toomanyrequests toomanyrequestsexception throttlingexception throttling throttled throttling_error
      throttling.ratequota throttling.allocationquota limit_requests limit_burst_rate resource_exhausted
      requestlimitexceeded setlimitexceeded too_many_requests_error queue_exceeded concurrency_limit_exceeded 1302 1303`),
    // Bedrock (tashfeenahmed/freellmapi#168), Groq's 413 (openclaw/openclaw#147644), GitHub's "secondary rate limit".
    pattern:
      /\brate[ -]?limit|too many (?:concurrent )?requests|too many tokens, please wait|\b(?:tokens|requests) per (?:second|minute|hour|day|min)\b|\b(?:TPM|RPM|TPD|RPD)\b|throttl|concurren(?:cy|t)\b.{0,30}\blimit|request limit\b.{0,20}\b(?:reached|exceeded)|resource (?:has been )?exhausted|请求过于频繁|速率限制/i,
  },

  // --- the model failed to generate: another endpoint may succeed. --------------------------------------------------
  {
    kind: 'generation_failed',
    // Groq (zeroclaw-labs/zeroclaw#3757).
    codes: codeSet('tool_use_failed json_validate_failed output_parse_failed malformed_function_call'),
    pattern: /failed to (?:call a function|generate json)|tool call validation failed/i,
  },
  // LM Studio answers 400 for a model that died under the request.
  { kind: 'server_error', pattern: /the model has crashed/i },
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
