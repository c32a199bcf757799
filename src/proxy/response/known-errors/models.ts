import { anyOf, codeSet, withEndings, type ErrorRow } from './row.js';

/** The model does not exist at this provider, or not for this account. */
export const MISSING_MODELS: readonly ErrorRow[] = [
  {
    kind: 'model_missing',
    codes: codeSet(`
      model_not_found modelnotfound model_decommissioned model_deprecated model_not_available model_not_supported
      model_unavailable model_not_exist model_not_active model.accessdenied modelnotopen
      invalidendpointormodel.notfound invalid_model unknown_model unsupported_model model_terms_required
      model_permission_blocked_org model_permission_blocked_project deploymentnotfound deployment_not_found
      operationnotsupported unavailable_model no_available_channel resourcenotfoundexception
      resource_not_found_error endpoint_not_found resource_does_not_exist model_load_failed 1211 1220 20012`),
    // HeyPuter/puter#3168, atiilla/sqlmap-ai#3.
    pattern: anyOf(
      withEndings(/\bmodels?\b.{0,120}\b/, [
        /does not exist/,
        /do(?:es)? not exist/,
        /not exist/,
        /doesn't exist/,
        /(?:was|is|were) not found/,
        /not found/,
        /(?:has been|is|was) (?:decommissioned|deprecated|retired|discontinued|removed|shut down)/,
        /no longer (?:supported|available|served|active)/,
        /not (?:currently )?available/,
        /not (?:been )?(?:deployed|enabled|activated|served)/,
        /is not (?:a )?valid model/,
        /end of (?:its )?life/,
        /isn't (?:available|deployed)/,
      ]),
      /not a valid model/, // OpenRouter
      /\bmodel [^ ]{1,80} (?:is )?not supported/, // watsonx, Hugging Face, GitHub Copilot
      /(?:requested|specified|selected) model is not supported/, // GitHub Copilot
      /invalid model(?: name| id| identifier)?\b/, // Mistral, Perplexity, LiteLLM
      /model identifier is invalid/, // Bedrock
      /(?:unknown|unsupported|no such|unrecognized) model\b/, // GitHub Models, Cloudflare, Snowflake
      /model not (?:found|exist|supported)/,
      /unable to access non-serverless/, // Together
      /on-demand throughput isn.t supported/, // Bedrock
      // OpenAI, Bedrock
      /(?:no|not have|don't have|without) access to (?:the |this )?(?:requested )?(?:model|deployment)/,
      /not (?:have|has) access to model/, // OpenAI
      /no available channel/, // new-api
      /marked by provider as legacy/, // Bedrock
      /model access (?:is )?denied/, // Bedrock
      /enabled only for api versions/,
      /api[- ]version\b.{0,40}\b(?:not supported|unsupported|invalid|required)/, // Azure, Google
      /no endpoints? found for\b/, // OpenRouter
      /API deployment for this resource does not exist/, // Azure
      /must be verified to use the model/,
      /模型不存在/, // Zhipu
    ),
    only4xx: true,
  },
  {
    kind: 'model_missing',
    // OpenAI's models of other APIs, Groq's terms and blocks, Bedrock's use-case form.
    pattern: anyOf(
      /not a chat model/, // OpenAI
      /only supported in v1\//, // OpenAI
      /not supported in the v1\/chat\/completions/, // OpenAI
      /does not support chat\b/, // Ollama
      /requires terms acceptance/, // Groq
      /\bmodel\b.{0,80}\bis blocked at the (?:organi[sz]ation|project)/, // Groq
      /use case details have not been submitted/, // Bedrock
      /unexpected model name format/, // Google
      /no models? (?:are |is )?loaded/, // LM Studio
      /^model (?:was )?unloaded/, // LM Studio
      /failed to load model/, // LM Studio
      /not found the model/, // Moonshot
      /\bendpoint\b.{0,80}\bdoes not exist/, // Databricks
      /^model disabled/, // SiliconFlow
      /no route matched/, // Kong
    ),
    only4xx: true,
  },
  { kind: 'model_missing', pattern: /no available channel/i },
];
