import type { ChatRequest } from '../../chat/types.js';
import type { BedrockModel } from './model-types.js';
import type { DocumentNames } from './documents.js';
import type { DroppedMembers } from './dropped.js';
import type { ToolNames } from '../shared/tool-names.js';
import type { ToolIds } from './tool-ids.js';

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
