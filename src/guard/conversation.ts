import { hash } from 'node:crypto';
import type { ChatRequest } from '../chat/types.js';
import type { Caller } from '../contracts/caller.js';
import { isRecord } from '../util/json-object.js';

/**
 * Names the conversation that a request belongs to, within its caller: by session id, by `prompt_cache_key`, else by the
 * system message and the first other one, which stay while a conversation grows.
 */
export function conversationOf(request: ChatRequest, caller: Caller | undefined, sessionHeader: unknown): string {
  return JSON.stringify([caller?.id ?? '', ...nameOf(request, sessionHeader)]);
}

function nameOf(request: ChatRequest, sessionHeader: unknown): readonly string[] {
  for (const id of [request.session_id, sessionHeader, request['prompt_cache_key']]) {
    if (typeof id === 'string' && id !== '') return ['session', id];
  }
  const messages = (request.messages as readonly unknown[]).filter(isRecord);
  const opening = [messages.find(isInstruction), messages.find((message) => !isInstruction(message))];
  return [
    'opening',
    hash('sha256', JSON.stringify(opening.map((message) => message?.['content'] ?? null)), 'base64url'),
  ];
}

function isInstruction({ role }: Readonly<Record<string, unknown>>): boolean {
  return role === 'system' || role === 'developer';
}
