import type { ChatRequest } from '../../chat/types.js';
import type { GeminiTraits } from './models.js';
import type { ToolNames } from '../shared/tool-names.js';
import type { GeminiDoor } from './wire.js';

/** What the translation of one request shares between its parts. */
export interface Encoding {
  readonly request: ChatRequest;
  readonly door: GeminiDoor;
  readonly traits: GeminiTraits;
  readonly names: ToolNames;
  /** Names of the request's custom tools, sent as functions of one text. */
  readonly customTools: ReadonlySet<string>;
  /** Paths of members that the body does not express. */
  readonly dropped: Set<string>;
}
