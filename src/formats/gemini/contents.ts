import { isRecord, type JsonObject } from '../../util/json-object.js';
import { UnsupportedRequest } from '../../contracts/wire-format.js';
import { Conversation } from './conversation.js';
import type { Encoding } from './encoding.js';
import { textOf } from './json.js';
import { mediaPart } from './media.js';
import { carriedSignatures } from './signatures.js';
import { addCalls, addFunctionResult, addToolResult } from './tool-turns.js';
import { rulesOf, textPart, unknownPart, urlSource, userPart } from './user-parts.js';
import type { Content, Part } from './wire.js';
import { withThinkingApart } from '../shared/thinking-parts.js';

/** The messages of a request as `contents` and `systemInstruction`. */
export interface Contents {
  readonly contents: readonly Content[];
  readonly systemInstruction?: { readonly parts: readonly Part[] };
}

export function encodeContents(encoding: Encoding): Contents {
  const conversation = new Conversation();
  for (const [index, message] of encoding.request.messages.entries()) {
    addMessage(message, `messages[${index}]`, conversation, encoding);
  }
  const contents = conversation.contents(encoding.traits.thoughtSignatures);
  if (contents.length === 0)
    throw new UnsupportedRequest('messages', 'Gemini needs a message of the user besides the system messages.');
  return conversation.system.length === 0
    ? { contents }
    : { contents, systemInstruction: { parts: conversation.system } };
}

function addMessage(message: JsonObject, path: string, conversation: Conversation, encoding: Encoding): void {
  const role = message['role'];
  if (role !== 'function' && role !== 'tool' && textOf(message['name']) !== undefined)
    encoding.dropped.add(`${path}.name`);
  switch (role) {
    case 'system':
    case 'developer':
      conversation.system.push(...texts(message['content'], `${path}.content`));
      return;
    case 'user':
      addUser(message, path, conversation, encoding);
      return;
    case 'assistant':
      addAssistant(withThinkingApart(message), path, conversation, encoding);
      return;
    case 'tool':
      addToolResult(message, path, conversation, encoding);
      return;
    case 'function':
      addFunctionResult(message, path, conversation, encoding);
      return;
    default:
      throw new UnsupportedRequest(`${path}.role`, 'Gemini has no equivalent of this role.');
  }
}

function addUser(message: JsonObject, path: string, conversation: Conversation, encoding: Encoding): void {
  const { content } = message;
  const parts = Array.isArray(content)
    ? content.map((part, position) => userPart(part, `${path}.content[${position}]`, encoding))
    : [textPart(content)];
  const filled = parts.filter((part) => part !== undefined);
  if (filled.length === 0) throw new UnsupportedRequest(`${path}.content`, 'Gemini takes no empty message.');
  conversation.user(
    filled,
    filled.some((part) => part.text === undefined),
  );
}

/** An assistant message without content is left out. */
function addAssistant(message: JsonObject, path: string, conversation: Conversation, encoding: Encoding): void {
  if (isRecord(message['audio']))
    throw new UnsupportedRequest(`${path}.audio`, 'Earlier audio is known only to the provider that made it.');
  const turn = conversation.model();
  const first = turn.parts.length;
  turn.parts.push(...texts(message['content'], `${path}.content`));
  addRefusal(message, path, turn.parts, first, encoding);
  turn.parts.push(...images(message['images'], `${path}.images`, encoding));
  addCalls(message, path, turn, conversation, encoding);

  const { loose } = carriedSignatures(message);
  if (loose !== undefined) addLooseSignature(turn.parts, first, loose);
}

/** A refusal replaces missing content. */
function addRefusal(message: JsonObject, path: string, parts: Part[], first: number, encoding: Encoding): void {
  const refusal = textPart(message['refusal']);
  if (refusal === undefined) return;
  if (parts.length === first) parts.push(refusal);
  else encoding.dropped.add(`${path}.refusal`);
}

/** A signature that names no call belongs to the message's last part; a signed call keeps its own. */
function addLooseSignature(parts: Part[], first: number, thoughtSignature: string): void {
  const own = parts.slice(first);
  const calls = own.some((part) => part.functionCall !== undefined && part.thoughtSignature !== undefined);
  const at = calls ? own.findLastIndex((part) => part.functionCall === undefined) : own.length - 1;
  const part = own[at];
  if (part !== undefined) parts[first + at] = { ...part, thoughtSignature };
  else if (own.length === 0) parts.push({ text: '', thoughtSignature });
}

/** Texts and refusals of a message; other parts are refused. */
function texts(content: unknown, path: string): Part[] {
  const list: readonly unknown[] = Array.isArray(content) ? content : [{ type: 'text', text: content }];
  return list
    .map((part, position) => {
      if (isRecord(part) && part['type'] === 'text') return textPart(part['text']);
      if (isRecord(part) && part['type'] === 'refusal') return textPart(part['refusal']);
      throw unknownPart(`${path}[${position}]`, part);
    })
    .filter((part) => part !== undefined);
}

/** Images that an earlier response held, in the form in which this format hands them out. */
function images(list: unknown, path: string, encoding: Encoding): Part[] {
  if (!Array.isArray(list)) return [];
  const parts: Part[] = [];
  for (const [position, image] of list.entries()) {
    const at = `${path}[${position}]`;
    try {
      const holder = isRecord(image) ? image['image_url'] : undefined;
      parts.push(mediaPart(urlSource(holder, `${at}.image_url`, 'image'), rulesOf(encoding)));
    } catch (error) {
      if (!(error instanceof UnsupportedRequest)) throw error;
      encoding.dropped.add(at);
    }
  }
  return parts;
}
