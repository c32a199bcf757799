/** What one model on Bedrock can do: the endpoint's traits over the defaults for its name. */
export interface BedrockModel {
  readonly family: BedrockFamily;
  /** How reasoning is requested from the model. `none`: it cannot be requested. */
  readonly thinking: 'adaptive' | 'manual' | 'always' | 'nova' | 'effort' | 'none';
  /** `one`: `temperature` or `top_p`, not both. `false`: neither, and no `top_k`. */
  readonly sampling: boolean | 'one';
  /** Accepts tools. @defaultValue `true` */
  readonly tools: boolean;
  /** A `tool_choice` that names a tool or requires one. */
  readonly forcedTools: boolean;
  /** The conversation may end with an assistant message. */
  readonly prefill: boolean;
  /** Structured output by `outputConfig`, and `strict` tools. */
  readonly nativeJsonSchema: boolean;
  /** `auto`: cache points are set where the request sets none. @defaultValue `false` */
  readonly promptCaching: boolean | 'auto';
  /** Schemas may hold nothing but the plainest keywords. */
  readonly plainSchemas: boolean;
  /** `instruct`: `response_format: json_object` becomes a system text. @defaultValue `'refuse'` */
  readonly jsonObject: 'instruct' | 'refuse';
  /** Name of the form in which reasoning is handed out and taken back. */
  readonly reasoningFormat: string;
}

/** Model families whose requests differ. */
export type BedrockFamily = 'claude' | 'nova' | 'mistral' | 'other';
