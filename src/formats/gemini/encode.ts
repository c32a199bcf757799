import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import { encodeContents } from './contents.js';
import type { Encoding } from './encoding.js';
import { generationConfig } from './generation-config.js';
import { stringOf } from './json.js';
import type { GeminiTraits } from './models.js';
import { ToolNames } from '../shared/tool-names.js';
import { declaredTools, encodeTools } from './tools.js';
import type { GeminiDoor } from './wire.js';

/** Letters, digits and `_ . : -`; first a letter or `_`. */
const NAME_RULE = { forbidden: /[^A-Za-z0-9_.:-]/g, maxLength: 128, first: /^[A-Za-z_]/ };

/** OpenAI's service tiers that Gemini has under some name. */
const SERVICE_TIERS: ReadonlyMap<unknown, string> = new Map([
  ['default', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
]);

/** A request in Gemini's form, and what its response is read with. */
export interface EncodedRequest {
  readonly body: JsonObject;
  readonly dropped: readonly string[];
  readonly names: ToolNames;
  readonly customTools: ReadonlySet<string>;
}

/** @throws UnsupportedRequest where the request cannot be expressed. */
export function encodeRequest(request: ChatRequest, traits: GeminiTraits, door: GeminiDoor): EncodedRequest {
  const tools = declaredTools(request);
  const names = new ToolNames(
    NAME_RULE,
    tools.map(({ name }) => name),
  );
  const customTools = new Set(tools.filter(({ custom }) => custom).map(({ name }) => name));
  const encoding: Encoding = { request, door, traits, names, customTools, dropped: new Set() };
  const contents = encodeContents(encoding);
  const toolMembers = encodeTools(tools, encoding);
  const config = generationConfig(encoding, toolMembers['tools'] !== undefined);
  const body = {
    ...contents,
    ...toolMembers,
    ...(config !== undefined && { generationConfig: config }),
    ...serviceTier(encoding),
    ...labels(encoding),
  };
  return { body, dropped: [...encoding.dropped], names, customTools };
}

function serviceTier({ request, dropped }: Encoding): JsonObject {
  const { service_tier: tier } = request;
  if (tier === undefined || tier === null || tier === 'auto') return {};
  const sent = SERVICE_TIERS.get(tier);
  if (sent === undefined) dropped.add('service_tier');
  return sent === undefined ? {} : { serviceTier: sent };
}

/** Vertex keeps labels for its bills. One pair that breaks their rules would fail the request. */
function labels({ request, door, dropped }: Encoding): JsonObject {
  const { metadata } = request;
  if (!isRecord(metadata) || Object.keys(metadata).length === 0) return {};
  const fit =
    door === 'vertex' &&
    Object.entries(metadata).every(
      ([key, value]) => /^[a-z][a-z0-9_-]{0,62}$/.test(key) && /^[a-z0-9_-]{1,63}$/.test(stringOf(value)),
    );
  if (!fit) dropped.add('metadata');
  return fit ? { labels: metadata } : {};
}
