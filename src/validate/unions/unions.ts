/** The wire value of a union's member. */
export interface Alternative {
  readonly kind: 'string' | 'array' | 'object';
  /** The constant of objects of this kind, added where it is missing. */
  readonly constant?: readonly [key: 'role' | 'type', value: string];
}

export type Union = Readonly<Record<string, Alternative>>;

const STRING: Alternative = { kind: 'string' };
const ARRAY: Alternative = { kind: 'array' };

function typed(type: string): Alternative {
  return { kind: 'object', constant: ['type', type] };
}

function spokenBy(role: string): Alternative {
  return { kind: 'object', constant: ['role', role] };
}

/** Every union of the published request, by its name there. */
export const UNIONS = {
  V2ChatCompletionMessageParamUnion: {
    OfDeveloper: spokenBy('developer'),
    OfSystem: spokenBy('system'),
    OfUser: spokenBy('user'),
    OfAssistant: spokenBy('assistant'),
    OfTool: spokenBy('tool'),
    OfFunction: spokenBy('function'),
  },
  V2ChatCompletionDeveloperMessageParamContentUnion: { OfString: STRING, OfArrayOfContentParts: ARRAY },
  V2ChatCompletionSystemMessageParamContentUnion: { OfString: STRING, OfArrayOfContentParts: ARRAY },
  V2ChatCompletionUserMessageParamContentUnion: { OfString: STRING, OfArrayOfContentParts: ARRAY },
  V2ChatCompletionAssistantMessageParamContentUnion: { OfString: STRING, OfArrayOfContentParts: ARRAY },
  V2ChatCompletionToolMessageParamContentUnion: { OfString: STRING, OfArrayOfContentParts: ARRAY },
  V2ChatCompletionContentPartUnionParam: {
    OfText: typed('text'),
    OfImageURL: typed('image_url'),
    OfInputAudio: typed('input_audio'),
    OfFile: typed('file'),
  },
  V2ChatCompletionAssistantMessageParamContentArrayOfContentPartUnion: {
    OfText: typed('text'),
    OfRefusal: typed('refusal'),
  },
  V2ChatCompletionMessageToolCallUnionParam: { OfFunction: typed('function'), OfCustom: typed('custom') },
  V2ChatCompletionToolUnionParam: { OfFunction: typed('function'), OfCustom: typed('custom') },
  V2ChatCompletionCustomToolCustomFormatUnionParam: { OfText: typed('text'), OfGrammar: typed('grammar') },
  V2ChatCompletionToolChoiceOptionUnionParam: {
    // In spite of its name, the member may hold any mode.
    OfAuto: STRING,
    OfFunctionToolChoice: typed('function'),
    OfCustomToolChoice: typed('custom'),
    OfAllowedTools: typed('allowed_tools'),
  },
  V2ChatCompletionNewParamsResponseFormatUnion: {
    OfText: typed('text'),
    OfJSONObject: typed('json_object'),
    OfJSONSchema: typed('json_schema'),
  },
  V2ChatCompletionNewParamsStopUnion: { OfString: STRING, OfStringArray: ARRAY },
  V2ChatCompletionPredictionContentContentUnionParam: { OfString: STRING, OfArrayOfContentParts: ARRAY },
} as const satisfies Readonly<Record<string, Union>>;
