import type { ToolNames } from '../shared/tool-names.js';
import type { AnthropicTraits } from './traits.js';

/** Which cloud serves the Messages API. */
/** Through which API the Messages body travels. */
export type AnthropicDoor = 'api' | 'vertex' | 'bedrock';

/** Options of the format that a translation uses. */
export interface TranslationOptions {
  readonly door: AnthropicDoor;
  readonly sendUser: boolean;
  readonly fileIds: boolean;
}

/** What the parts of one translation share. Made for one exchange, and read by its response as well. */
export interface Translation {
  readonly traits: AnthropicTraits;
  readonly options: TranslationOptions;
  readonly names: ToolNames;
  /** Caller's names of the custom tools that are sent as functions. */
  readonly customTools: ReadonlySet<string>;
  /** Paths of request members that the body does not express. */
  readonly dropped: Set<string>;
}
