import type { Schema } from '../../src/validate/schema/build.js';
import * as responseOptions from '../../src/validate/schema/response-options.js';
import * as content from '../../src/validate/schema/content.js';
import * as messages from '../../src/validate/schema/messages.js';
import * as routing from '../../src/validate/schema/routing-fields.js';
import * as tools from '../../src/validate/schema/tools.js';
import { requestSchema, type SchemaChoice } from '../../src/validate/request-schema.js';

const CHOICE: SchemaChoice = { unknownFields: 'pass', unknownContentParts: 'reject', unknownTools: 'reject' };
const message = messages.messageSchemas(content.contentSchemas('reject'));

/**
 * Every schema of the published document that a request is made of, by its name there, and what stands for it here.
 * Its unions are the keys of `UNIONS`; what it prints as empty objects (`ParamOpt…`) are plain scalars.
 */
export const publishedSchemas = {
  CompletionsChatCompletionRequest: requestSchema(CHOICE),
  RegistryEndpointOverride: routing.endpointOverride,
  RegistryProviderConfigOverride: routing.providerConfigOverride,
  SharedFunctionDefinitionParam: tools.functionDefinition,
  SharedFunctionParameters: tools.functionDefinition.properties!.parameters!,
  SharedMetadata: responseOptions.metadata,
  SharedResponseFormatJSONObjectParam: responseOptions.responseFormatJSONObject,
  SharedResponseFormatJSONSchemaJSONSchemaParam: responseOptions.responseFormatJSONSchemaJSONSchema,
  SharedResponseFormatJSONSchemaParam: responseOptions.responseFormatJSONSchema,
  SharedResponseFormatTextParam: responseOptions.responseFormatText,
  V2ChatCompletionAllowedToolChoiceParam: tools.allowedToolChoice,
  V2ChatCompletionAllowedToolsParam: tools.allowedTools,
  V2ChatCompletionAssistantMessageParam: message.assistant,
  V2ChatCompletionAssistantMessageParamAudio: messages.assistantMessageAudio,
  V2ChatCompletionAssistantMessageParamFunctionCall: messages.functionCall,
  V2ChatCompletionAudioParam: responseOptions.audioParam,
  V2ChatCompletionContentPartFileFileParam: content.contentPartFileFile,
  V2ChatCompletionContentPartFileParam: content.contentPartFile,
  V2ChatCompletionContentPartImageImageURLParam: content.contentPartImageImageURL,
  V2ChatCompletionContentPartImageParam: content.contentPartImage,
  V2ChatCompletionContentPartInputAudioInputAudioParam: content.contentPartInputAudioInputAudio,
  V2ChatCompletionContentPartInputAudioParam: content.contentPartInputAudio,
  V2ChatCompletionContentPartRefusalParam: content.contentPartRefusal,
  V2ChatCompletionContentPartTextParam: content.contentPartText,
  V2ChatCompletionCustomToolCustomFormatGrammarGrammarParam: tools.customToolCustomFormatGrammarGrammar,
  V2ChatCompletionCustomToolCustomFormatGrammarParam: tools.customToolCustomFormatGrammar,
  V2ChatCompletionCustomToolCustomFormatTextParam: tools.customToolCustomFormatText,
  V2ChatCompletionCustomToolCustomParam: tools.customToolCustom,
  V2ChatCompletionCustomToolParam: tools.customTool,
  V2ChatCompletionDeveloperMessageParam: message.developer,
  V2ChatCompletionFunctionMessageParam: message.function,
  V2ChatCompletionFunctionToolParam: tools.functionTool,
  V2ChatCompletionMessageCustomToolCallCustomParam: messages.messageCustomToolCallCustom,
  V2ChatCompletionMessageCustomToolCallParam: messages.messageCustomToolCall,
  V2ChatCompletionMessageFunctionToolCallFunctionParam: messages.functionCall,
  V2ChatCompletionMessageFunctionToolCallParam: messages.messageFunctionToolCall,
  V2ChatCompletionNamedToolChoiceCustomCustomParam: tools.namedToolChoiceCustomCustom,
  V2ChatCompletionNamedToolChoiceCustomParam: tools.namedToolChoiceCustom,
  V2ChatCompletionNamedToolChoiceFunctionParam: tools.namedToolChoiceFunction,
  V2ChatCompletionNamedToolChoiceParam: tools.namedToolChoice,
  V2ChatCompletionNewParamsWebSearchOptions: responseOptions.webSearchOptions,
  V2ChatCompletionNewParamsWebSearchOptionsUserLocation: responseOptions.webSearchOptionsUserLocation,
  V2ChatCompletionNewParamsWebSearchOptionsUserLocationApproximate:
    responseOptions.webSearchOptionsUserLocationApproximate,
  V2ChatCompletionPredictionContentParam: responseOptions.predictionContent,
  V2ChatCompletionStreamOptionsParam: responseOptions.streamOptions,
  V2ChatCompletionSystemMessageParam: message.system,
  V2ChatCompletionToolMessageParam: message.tool,
  V2ChatCompletionUserMessageParam: message.user,
} as const satisfies Readonly<Record<string, Schema>>;
