/** The parts of Anthropic's Messages API that a request is built of. */

export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: '5m' | '1h';
}

/** Anything that a cache mark may appear on. */
export interface Markable {
  cache_control?: CacheControl;
}

export interface TextBlock extends Markable {
  readonly type: 'text';
  text: string;
}

type ImageSource =
  | { readonly type: 'base64'; readonly media_type: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'file'; readonly file_id: string };

type DocumentSource = ImageSource | { readonly type: 'text'; readonly media_type: 'text/plain'; readonly data: string };

export interface ImageBlock extends Markable {
  readonly type: 'image';
  readonly source: ImageSource;
}

export interface DocumentBlock extends Markable {
  readonly type: 'document';
  readonly source: DocumentSource;
  readonly title?: string;
}

export interface ToolUseBlock extends Markable {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ToolResultBlock extends Markable {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  content?: string | PartBlock[];
  is_error?: true;
}

/** Thinking of an earlier turn, as it came. Never marked for the cache. */
export type ThinkingBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string };

/** What a content part becomes. */
export type PartBlock = TextBlock | ImageBlock | DocumentBlock;

type MarkableBlock = PartBlock | ToolUseBlock | ToolResultBlock;

export type Block = MarkableBlock | ThinkingBlock;

export interface SentMessage {
  readonly role: 'user' | 'assistant' | 'system';
  content: Block[];
}

export interface SentTool extends Markable {
  readonly name: string;
  readonly description?: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
  readonly strict?: true;
}

/** A tool that Anthropic runs itself. */
export interface ServerTool extends Markable {
  readonly type: string;
  readonly name: string;
  readonly user_location?: Readonly<Record<string, unknown>>;
}

export interface SentToolChoice {
  type: 'auto' | 'any' | 'tool' | 'none';
  name?: string;
  disable_parallel_tool_use?: true;
}

export function isThinkingBlock(block: Block): block is ThinkingBlock {
  return block.type === 'thinking' || block.type === 'redacted_thinking';
}
