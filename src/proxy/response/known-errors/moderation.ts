import { anyOf, codeSet, type ErrorRow } from './row.js';

/** Moderation by its code. The caller gets the upstream's message. */
export const MODERATION_CODES: readonly ErrorRow[] = [
  {
    kind: 'rejected',
    codes: codeSet(`
      content_policy_violation content_filter content_filtered moderation_blocked moderation
      responsibleaipolicyviolation content_moderation sensitive_words_detected data_inspection_failed
      datainspectionfailed flagged_input censorship_blocked sensitivecontentdetected
      inputtextsensitivecontentdetected inputimagesensitivecontentdetected inputtextriskdetection
      inputimageriskdetection prompt_blocked prohibited_content safety_violation guardrail_intervened
      moderation_error policy_violation content_policy content_blocked unsafe_content harmful_content
      usage_policy_violation invalid_prompt safety_check_failed 1301`),
  },
];

/** Moderation by its wording. */
export const MODERATION_WORDINGS: readonly ErrorRow[] = [
  {
    kind: 'rejected',
    // theopenco/llmgateway#1785.
    pattern: anyOf(
      /\bflagged\b/, // OpenAI, OpenRouter
      /\bmoderat(?:ion|ed|or)\b/, // OpenRouter
      /content (?:management |usage |safety )?polic(?:y|ies)/, // Azure
      /usage polic(?:y|ies)/, // OpenAI
      /safety (?:system|filter|checks?|reasons|polic)/,
      /content[ _-]?(?:filter|safety|inspection)/, // Azure, Anthropic, Moonshot
      /inappropriate content/, // Alibaba
      /sensitive (?:content|words?|information)/, // Volcengine, new-api
      /considered high risk/, // Moonshot
      /content exists risk/, // DeepSeek
      /violat(?:e[sd]?|ing|ions?)\b.{0,80}\b(?:polic|terms|guidelines)/, // OpenAI, xAI
      /harmful content/,
      /\bnsfw\b/,
      /deny-?listed token/,
      // Anthropic
      /(?:prompt|input|output|content|message) (?:was |has been |is )?(?:blocked|rejected) (?:by|due|because|for)/,
      /prohibited (?:use|content)/,
      /data inspection/,
      /\bguardrails?\b/,
      /content audit/, // iFlytek
      /不安全/, // Zhipu
      /敏感/, // Zhipu
      /违规/,
    ),
  },
  {
    kind: 'rejected',
    // Stepfun, Alibaba, Google, Cloudflare's gateway, and filters in front of open models.
    pattern: anyOf(
      /(?:prohibited|disallowed|unsafe|abusive|explicit|illegal|hateful|toxic|objectionable)[ _]content/,
      /\bcontents? (?:\w+ ){0,6}(?:is |are |was )?(?:blocked|not allowed|disallowed)\b/,
      /\bprompt (?:was |is )?blocked/,
      /jailbreak/,
      /prompt injection/,
      /profanity/,
      /hate speech/,
      /sexual\/minors/,
      /self-harm/,
      /\bPII\b/,
      /because it is harmful/,
      /suspected of being involved/,
      /内容审核/,
    ),
  },
];

/** A firewall that responds in JSON (OpenAI "Your request was blocked."). */
export const FIREWALLS: readonly ErrorRow[] = [
  {
    kind: 'firewall',
    pattern: anyOf(/^(?:your |the |this )?request (?:was|has been) blocked\.?$/, /\bWAF\b/, /web application firewall/),
  },
];
