import { anyOf, codeSet, withEndings, type ErrorRow } from './row.js';

/** Before the codes of invalid requests: marks for another provider are no fault of the request. */
export const REFUSED_CACHE_MARKS: readonly ErrorRow[] = [
  {
    kind: 'request_refused',
    // NousResearch/hermes-agent#100819, langchain-ai/langchain#33709.
    pattern: anyOf(
      /\bcache_control\b['"`]?[^.]{0,20}(?:unsupported|not supported|unknown|unrecogni[sz]ed)/, // Groq
      /(?:unknown|unrecogni[sz]ed|unsupported|unexpected)[^:]{0,40}:? ['"`]?[\w.[\]]*\bcache_control\b/, // OpenAI
      /\bcache_control: extra inputs are not permitted/, // vLLM
    ),
  },
];

/** Length and fields. The caller gets the upstream's message. */
export const INVALID_REQUESTS: readonly ErrorRow[] = [
  {
    kind: 'rejected',
    codes: codeSet(`
      context_length_exceeded string_above_max_length array_above_max_length unsupported_parameter unknown_parameter
      missing_required_parameter invalid_type input_too_long max_tokens_exceeded request_too_large_for_context
      invalid_image_url invalid_base64 image_parse_error`),
    pattern: anyOf(
      /maximum context length/,
      /context (?:length|window|size)/,
      /prompt (?:is )?too long/, // Anthropic, Fireworks
      /input (?:is )?too long/, // Bedrock
      /too many tokens:/, // Cohere
      /reduce the length/, // OpenAI, Cerebras
      /\binput tokens?\b.{0,60}\bexceeds?\b/, // Google, watsonx
      /max_(?:new_)?tokens\b.{0,40}\bmust be (?:<|less than)/, // Together
      /exceeded model token limit/, // Moonshot
      /超长/, // Zhipu
    ),
  },
];

/** This endpoint cannot serve this request, but serves others. */
export const REFUSED_REQUESTS: readonly ErrorRow[] = [
  {
    kind: 'request_refused',
    // can1357/oh-my-pi#9569, Routstr/routstr-core#554, truefoundry/models#826.
    pattern: anyOf(
      /can only afford/, // OpenRouter
      /fewer max_tokens/, // OpenRouter
      /prompt tokens? limit exceeded/, // OpenRouter
      /no endpoints? (?:found|available)(?:,|\.)? (?:that|which|matching|with|to|can)\b/, // OpenRouter
      /no allowed providers/, // OpenRouter
      /\bdata policy\b/, // OpenRouter
      // DeepSeek, Ollama, LM Studio
      withEndings(/does not support (?:the )?/, [
        /tools?\b/,
        /tool[_ ](?:use|calls?|calling|choice)/,
        /function[ _]call/,
        /parallel/,
        /images?\b/,
        /image input/,
        /vision/,
        /audio/,
        /video/,
        /multi-?modal/,
        /json/,
        /structured/,
        /system (?:role|message|prompt)/,
        /developer/,
      ]),
      /tool choice requires --/, // vLLM
      /must be verified to stream/, // OpenAI
    ),
  },
  {
    kind: 'request_refused',
    // GitHub Models: small limits (413).
    codes: codeSet('tokens_limit_reached'),
    // What the model of this endpoint cannot read or do. DeepSeek and Groq refuse content that is a list; some models of
    // Alibaba only stream; xAI ended its search (410).
    pattern: anyOf(
      withEndings(/(?:does not|doesn.t|do not|don.t) (?:currently )?support (?:the )?/, [
        /tools?\b/,
        /function/,
        /image/,
        /audio/,
        /video/,
        /document/,
        /system messages?/,
        /thinking/,
        /reasoning/,
        /streaming/,
        /parameter\b/,
      ]),
      // Groq, llama.cpp, xAI
      /(?:images?|image inputs?|tools?|tool (?:use|calling)|audio|video|vision|streaming|thinking) (?:is|are) not supported/,
      /not supported (?:by|on|with) this model/, // OpenAI, Groq, xAI
      /is not a multimodal model/, // vLLM
      /at most \d+ (?:image|audio|video)/, // vLLM
      /unknown variant `?(?:image|input_audio|file)/, // DeepSeek
      /content must be a string/, // Groq
      /tools param requires --/, // llama.cpp
      /only supports? (?:the )?stream/, // Alibaba
      /for non-streaming calls/, // Alibaba
      /meets? your routing requirements/, // OpenRouter
      /live search is deprecated/, // xAI
    ),
  },
  {
    kind: 'request_refused',
    // What this request names and this account does not have: a file, a cache, a bucket (Google: 403), audio; and a
    // prompt that is longer than the account may send (Anthropic: 429 and 400).
    pattern: anyOf(
      /permission to access the file/, // Google
      /\bfiles?\b[^.]{0,80}\b(?:not found|do(?:es)? not exist)/, // OpenAI, Anthropic
      /no such file\b/,
      /cachedcontent not found/, // Google
      /cloud storage/, // Vertex
      /\baudio\b[^.]{0,60}\bnot found/,
      /\blong context (?:requests?|beta)\b/, // Anthropic
    ),
  },
];

/** The model failed to generate: another endpoint may succeed. */
export const FAILED_GENERATIONS: readonly ErrorRow[] = [
  {
    kind: 'generation_failed',
    // Groq (zeroclaw-labs/zeroclaw#3757).
    codes: codeSet('tool_use_failed json_validate_failed output_parse_failed malformed_function_call'),
    pattern: anyOf(
      /failed to (?:call a function|generate json)/, // Groq
      /tool call validation failed/, // Groq
    ),
  },
  // LM Studio responds with 400 when the model crashed during the request.
  { kind: 'server_error', pattern: /the model has crashed/i },
];
