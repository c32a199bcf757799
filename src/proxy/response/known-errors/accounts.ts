import { anyOf, codeSet, withEndings, type ErrorRow } from './row.js';

/** The operator's account has no credit left. */
export const USED_UP_QUOTAS: readonly ErrorRow[] = [
  {
    kind: 'quota',
    codes: codeSet(`
      insufficient_quota billing_hard_limit_reached billing_not_active enforced_spend_limit_reached
      contract_spend_limit_reached insufficient_balance insufficient_credits insufficient_credit insufficient_funds
      insufficient_user_quota pre_consume_token_quota_failed exceeded_current_quota_error quota_exceeded
      quotaexceeded quota_per_day billing_error payment_required credit_limit_exceeded credits_exhausted
      allocationquota.freetieronly no_credits out_of_credits spend_limit_exceeded budget_exceeded arrearage
      accountoverdueerror servicequotaexceededexception billing_disabled 1113 1304 1308 1310 token_quota_reached
      token_quota_exceeded consumption_limit_reached customer_verification_required`),
    // theopenco/llmgateway#3297, #2652, laravel/ai#925, experientiallabs/experiential#993, continuedev/continue#10373, #12670.
    pattern: anyOf(
      /credit balance (?:is )?too low/, // Anthropic, OpenRouter, LiteLLM
      /insufficient (?:account )?(?:balance|quota|credits?|funds)/,
      /not enough (?:balance|credits?|funds|quota)/, // Novita
      /balance (?:is )?(?:not enough|insufficient|too low)/,
      /exceeded (?:your|its|the) (?:current |monthly |billing )?(?:quota|included credits|spend)/,
      /exceeded your (?:free |monthly )[\w -]{0,20}(?:quota|limit|credits)/, // Hugging Face
      /monthly included credits/, // Hugging Face
      /spend(?:ing)? (?:limit|cap)/, // Groq, Fireworks, xAI
      /billing hard limit/, // OpenAI
      /specified (?:\w+ )?API usage limits/, // Anthropic
      /regain access on/, // Anthropic
      /key limit exceeded/, // OpenRouter
      /used all (?:of )?(?:its |your |the )?(?:available |free )?credits/, // xAI
      /(?:run |ran )?out of credits?\b/,
      /(?:doesn't|does not|don't|do not) have any credits/, // xAI
      /no credits (?:left|remaining)/,
      /requires more credits/, // OpenRouter
      /more credits (?:are )?(?:required|needed)/,
      /credit limit (?:was |is )?exceeded/, // Together
      /payment (?:is )?required/, // NVIDIA NIM
      /check your (?:plan and )?billing/,
      /billing (?:is )?(?:not (?:enabled|active)|disabled)/,
      /requires billing/, // Google
      /trial key\b.{0,80}\/ ?month/, // Cohere
      /account\b.{0,30}\bin arrears/,
      /overdue (?:balance|payment)/, // Volcengine
      /free (?:trial |tier )?(?:quota|tier|credits?)\b.{0,60}\bexhausted/, // Alibaba
      /requires? (?:a |an )?(?:\w+ )?(?:subscription|paid plan)\b/,
      /(?:usage|monthly|daily|account|credit|free) quota\b.{0,30}\bexceeded/,
      /quota (?:has been |is )?(?:exhausted|used up|depleted)/,
      /used up your (?:daily |monthly |free )/, // Cloudflare
      /余额不足/,
      /欠费/, // Zhipu
      /\blimit: 0\b/,
    ),
  },
  {
    kind: 'quota',
    pattern: anyOf(
      /quota for this billing cycle/, // watsonx
      /reached your (?:hourly |daily |weekly |monthly )?usage limit/, // Ollama
      /(?:daily|weekly|monthly) (?:request )?limit (?:exhausted|reached)/, // Zhipu, Baidu
      /top up your (?:balance|account)/, // DeepInfra
      /(?:valid )?(?:credit card|payment (?:method|instrument))\b.{0,40}\brequired/,
      /requires a (?:valid )?(?:credit card|payment)/, // Vercel
      /payment.instrument/, // Bedrock
      /(?:额度|余量)(?:不足|已用尽)/, // Tencent, new-api
    ),
  },
];

/** The operator's account, key or region is refused. */
export const REFUSED_ACCOUNTS: readonly ErrorRow[] = [
  {
    kind: 'auth',
    codes: codeSet(`
      invalid_api_key incorrect_api_key expired_api_key api_key_invalid api_key_expired api_key_service_blocked
      api_key_http_referrer_blocked api_key_ip_address_blocked consumer_suspended consumer_invalid service_disabled
      account_state_invalid access_token_expired access_token_scope_insufficient account_deactivated
      account_suspended account_disabled organization_restricted organization_on_hold organization_disabled
      invalid_organization invalid_authentication_error invalid_authentication authentication_error unauthenticated
      unauthorized invalidapikey invalid_token permission_blocked unsupported_country_region_territory
      unsupported_region unrecognizedclientexception invalidsignatureexception expiredtokenexception accessdenied
      accessdenied.unpurchased accessdeniedexception incompletesignature missingauthenticationtoken
      ip_not_authorized cmek_key_unavailable access_terminated mismatched_organization authenticationtypedisabled
      permissiondenied authentication_token_expired wrong_api_key invalid_iam_token
      no_associated_service_instance_error 1112 1121`),
    // yym68686/uni-api#140, RightNow-AI/openfang#834.
    pattern: anyOf(
      withEndings(/\bapi[ _-]?key\b.{0,60}\b/, [
        /not valid/,
        /invalid/,
        /expired/,
        /not found/,
        /incorrect/,
        /revoked/,
        /disabled/,
        /deactivated/,
        /blocked/,
        /leaked/,
        /missing/,
        /not authorized/,
      ]),
      withEndings(/(?:invalid|incorrect|expired|revoked|missing|no|wrong|unknown) (?:x-)?/, [
        /api[ _-]?key/,
        /authentication/,
        /auth token/,
        /credentials/,
        /bearer token/,
        /subscription key/,
      ]),
      /renew the api key/, // Google
      // OpenAI, Google
      /(?:location|country|region|territory)\b.{0,40}\b(?:is |are )?not (?:supported|available|allowed)/,
      /not (?:supported|available|allowed) in (?:your|this) (?:country|region|location|territory)/, // Google
      withEndings(/\b(?:account|organi[sz]ation|team|workspace|api key|subscription)\b[^.]{0,60}\b/, [
        /suspended/,
        /deactivated/,
        /disabled/,
        /terminated/,
        /banned/,
        /restricted/,
        /on hold/,
        /locked/,
        /flagged/,
        /frozen/,
        /closed/,
        /not active/,
        /inactive/,
      ]),
      /(?:suspended|deactivated|disabled|banned) (?:account|organi[sz]ation)/,
      /firewall rules/,
      /credential is only authorized/,
      /not authorized to (?:invoke|perform)/,
      /^operation not allowed/, // Bedrock
      /has not been used in project/, // Google
      /security token included in the request is/, // Bedrock
    ),
  },
  {
    kind: 'auth',
    pattern: anyOf(
      /^(?:unauthori[sz]ed|forbidden)\b/,
      /(?:invalid|expired) (?:api|access) token/, // Cohere
      /access token (?:is )?(?:invalid|expired)/, // Baidu
      /^authentication (?:error|failed|failure)/, // Cloudflare
      /^failed to authenticate/, // watsonx
      /user is not authenticated/,
      /insufficient permissions for this/, // OpenAI
      /sufficient permissions to call/, // Hugging Face
      /missing scopes/, // OpenAI
      /header should match organi[sz]ation/, // OpenAI
      /access (?:was|has been) (?:terminated|revoked|suspended)/, // OpenAI
      /unsupported countries/, // Bedrock
      /key based authentication is disabled/, // Azure
      /lacks the required data action/, // Azure
      /check your network settings/, // Groq
      /identity[- ]verified accounts/, // SiliconFlow
      /status is not active/, // watsonx
      /AppIdNoAuthError/, // iFlytek
      /身份验证失败/, // Zhipu
    ),
  },
];
