import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { Annotation } from '../../chat/types.js';
import type { ToolNames } from '../shared/tool-names.js';

/** How the response of one request is read. */
export interface Reading {
  readonly names: ToolNames;
  /** Caller's names of tools that were declared as custom. */
  readonly customTools: ReadonlySet<string>;
  /** Sent name of the tool whose input is the content. */
  readonly jsonTool: string | undefined;
  readonly legacy: boolean;
  readonly excludeReasoning: boolean;
  /** Used where the response names no id: `chatcmpl-…`. */
  readonly fallbackId: string;
  /** Unix seconds. */
  readonly created: number;
  /** Used where the response names no model. */
  readonly requestedModel: string;
}

/** Top-level members that a completion and every chunk share. */
export function responseHead(message: JsonObject, reading: Reading) {
  return {
    id: textOr(message['id'], reading.fallbackId),
    created: reading.created,
    model: textOr(message['model'], reading.requestedModel),
  };
}

/** Web citations of one text block, as annotations of its span in the whole content. */
export function annotationsOf(citations: unknown, start: number, end: number): Annotation[] {
  if (!Array.isArray(citations)) return [];
  return citations.flatMap((citation: unknown) => {
    if (!isRecord(citation) || citation['type'] !== 'web_search_result_location') return [];
    const { url, title } = citation;
    if (typeof url !== 'string') return [];
    const named = typeof title === 'string' ? { title } : {};
    return [{ type: 'url_citation', url_citation: { url, ...named, start_index: start, end_index: end } }];
  });
}

/** The upstream's explanation of a refusal, if there is one. */
export function refusalOf(details: unknown): string | undefined {
  const explanation = isRecord(details) ? details['explanation'] : undefined;
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined;
}

/** Text of a custom tool call, which was sent as a function with one text input. */
export function customInput(input: unknown): string {
  if (!isRecord(input)) return '';
  return typeof input['input'] === 'string' ? input['input'] : JSON.stringify(input);
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
