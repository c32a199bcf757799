import type { ModelFacts, WireFormat } from '../../contracts/wire-format.js';
import { ownFormat } from '../own-formats.js';
import { pathSegment } from '../shared/path-segment.js';
import { decodeConverse } from './completion.js';
import { encodeConverse } from './converse.js';
import { ConverseDecoder } from './decoder.js';
import { decodeBedrockError } from './errors.js';
import { bedrockModel, CLAUDE_REASONING, BEDROCK_TRAITS } from './model.js';
import type { BedrockModel } from './model-types.js';
import { checkBedrockOptions, type BedrockOptions } from './options.js';
import { supportedParameters } from './supported.js';

/**
 * The format of Amazon Bedrock's Converse and ConverseStream, for every model that Bedrock serves. A Bedrock API key is
 * sent as `authorization: Bearer`; for credentials of AWS set `auth: sigV4(…)` of `nordlys-proxy/aws`.
 *
 * What a model can do is read from `models[…].format` of the options, with defaults by the model's name:
 * `family` (`'claude'`, `'nova'`, `'mistral'`, `'other'`), `thinking`, `sampling`, `tools`, `forcedTools`, `prefill`,
 * `nativeJsonSchema`, `promptCaching` (`true`, `'auto'`), `plainSchemas`, `jsonObject` (`'instruct'`).
 *
 * @throws TypeError when an option is unknown or wrong.
 * @example
 * const providers = { aws: { format: bedrock({ region: 'us-east-1' }), apiKey: process.env.AWS_BEARER_TOKEN_BEDROCK } };
 */
export function bedrock(options: BedrockOptions = {}): WireFormat {
  const { baseUrl, guardrailConfig } = checkBedrockOptions(options);
  const models = new WeakMap<ModelFacts, BedrockModel>();
  const modelOf = (facts: ModelFacts): BedrockModel => {
    const known = models.get(facts) ?? bedrockModel(facts);
    models.set(facts, known);
    return known;
  };
  return ownFormat({
    name: 'bedrock',
    path: '',
    ...(baseUrl === undefined ? {} : { defaultBaseUrl: baseUrl }),
    auth: 'bearer',
    framing: 'aws-event-stream',
    exchange(request, context) {
      const { body, dropped, reading } = encodeConverse(request, modelOf(context.model), context.model);
      const name = request.model ?? '';
      const model = name === '' ? context.model.upstreamModel : name;
      return {
        path: pathOf(context.model.upstreamModel, context.stream),
        body: { ...body, ...guardrailConfig(context.stream) },
        dropped,
        completion: (response) => decodeConverse(response, model, context, reading),
        decoder: () => new ConverseDecoder(model, context, reading),
      };
    },
    supportedParameters(facts) {
      BEDROCK_TRAITS.parse(facts.traits);
      return supportedParameters(modelOf(facts));
    },
    reasoningFormat(facts) {
      const { reasoningFormat } = modelOf(facts);
      return reasoningFormat === CLAUDE_REASONING ? reasoningFormat : undefined;
    },
    decodeError: decodeBedrockError,
  });
}

/** The model id is one segment, whatever characters an ARN has. */
function pathOf(model: string, stream: boolean): string {
  return `/model/${pathSegment(model)}/${stream ? 'converse-stream' : 'converse'}`;
}
