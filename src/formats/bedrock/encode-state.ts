import type { ChatRequest } from '../../chat/types.js';
import type { BedrockModel } from './model-types.js';
import type { DocumentNames } from './documents.js';
import type { DroppedMembers } from './dropped.js';
import type { ToolIds, ToolNames } from './names.js';

/** What the parts of one request's translation share. */
export interface EncodeState {
  readonly request: ChatRequest;
  readonly model: BedrockModel;
  readonly names: ToolNames;
  readonly ids: ToolIds;
  readonly documents: DocumentNames;
  readonly dropped: DroppedMembers;
  /** Names of the request's free-text tools, which are sent as functions with one `input`. */
  readonly customTools: ReadonlySet<string>;
}
