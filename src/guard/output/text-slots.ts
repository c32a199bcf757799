import type { OutputChannel } from '../../contracts/guard.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { isRecord, type JsonObject } from '../../util/json-object.js';
import type { GuardedChannel, ResponseChannels } from './channels.js';

/** A place in a chunk or message with text of a channel, which may be replaced. */
export interface TextSlot {
  readonly channel: GuardedChannel;
  readonly text: string;
  /** The text is all of its channel. */
  readonly isWhole: boolean;
  /** `write` has changed it. */
  readonly isChanged: boolean;
  write(text: string): void;
}

/** Members that hold names or data, not text of the model. */
const NOT_TEXT: ReadonlySet<string> = new Set([
  'role',
  'type',
  'id',
  'index',
  'format',
  'data',
  'b64_json',
  'signature',
  'encrypted_content',
]);
/** Lists whose items come in pieces, as those of reasoning do, with every list in them. Items of other lists come whole. */
const IN_PIECES: ReadonlySet<string> = new Set(['tool_calls', 'content']);
/** Members by which a client knows which item of a list a piece belongs to. */
const ITEM_FACTS = ['index', 'type', 'format'] as const;
const MAX_DEPTH = 16;

interface Place {
  readonly choice: number;
  readonly channel: OutputChannel;
  readonly member: string;
  readonly isWhole: boolean;
  /** Within a list whose items come in pieces. */
  readonly inPieces: boolean;
  readonly depth: number;
  /** The delta with `value` at this place. */
  wrap(value: unknown): JsonObject;
}

/**
 * Every text of the message or delta of one choice, unknown members included: a member that is skipped here passes the
 * guards unchecked.
 * @param isWhole - a message of a whole response; a delta otherwise
 */
export function textSlots(
  message: JsonObject,
  choice: number,
  isWhole: boolean,
  channels: ResponseChannels,
): TextSlot[] {
  const slots: TextSlot[] = [];
  for (const key of Object.keys(message)) {
    const place: Place = {
      choice,
      channel: channelOf(key),
      member: key,
      isWhole,
      inPieces: !isWhole && (IN_PIECES.has(key) || channelOf(key) === 'reasoning'),
      depth: 1,
      wrap: (value) => ({ [key]: value }),
    };
    visitMember(message, key, place, { channels, slots });
  }
  return slots;
}

interface Walk {
  readonly channels: ResponseChannels;
  readonly slots: TextSlot[];
}

/** @param owner - an object or a list, `key` one of its members or positions */
function visitMember(owner: object, key: string, place: Place, walk: Walk): void {
  const value: unknown = Reflect.get(owner, key);
  if (NOT_TEXT.has(key) || isNameOfCall(key, place)) return;
  if (typeof value === 'string') addSlot(owner, key, value, place, walk);
  else if (place.depth > MAX_DEPTH)
    throw new GatewayError('guard_unavailable', 'The response cannot be checked: it is nested too deep.');
  else if (Array.isArray(value)) visitList(value, place, walk);
  else if (isRecord(value)) visitObject(value, place, walk);
}

function visitObject(value: JsonObject, place: Place, walk: Walk): void {
  for (const key of Object.keys(value)) {
    const inner: Place = {
      ...place,
      // Mistral sends reasoning as a part of the content.
      channel: key === 'thinking' ? 'reasoning' : place.channel,
      member: `${place.member}.${key}`,
      depth: place.depth + 1,
      wrap: (wrapped) => place.wrap({ [key]: wrapped }),
    };
    visitMember(value, key, inner, walk);
  }
}

function visitList(list: unknown[], place: Place, walk: Walk): void {
  for (const [position, item] of list.entries()) {
    const name = place.inPieces ? nameOfItem(item, place, walk.channels) : String(position);
    const inner: Place = {
      ...place,
      member: `${place.member}[${name}]`,
      isWhole: !place.inPieces,
      depth: place.depth + 1,
      wrap: (value) => place.wrap([isRecord(value) ? { ...factsOf(item), ...value } : value]),
    };
    if (isRecord(item)) visitObject(item, inner, walk);
    else visitMember(list, String(position), inner, walk);
  }
}

/** Pieces of one tool call belong together, and so do those of other items by their index. */
function nameOfItem(item: unknown, { member, choice }: Place, channels: ResponseChannels): string {
  if (!isRecord(item)) return '';
  if (member === 'tool_calls') return channels.callOf(choice, item);
  return typeof item['index'] === 'number' ? String(item['index']) : '';
}

function factsOf(item: unknown): JsonObject {
  const facts: JsonObject = {};
  if (!isRecord(item)) return facts;
  for (const fact of ITEM_FACTS) if (item[fact] !== undefined) facts[fact] = item[fact];
  if (facts['index'] === undefined && item['id'] !== undefined) facts['id'] = item['id'];
  return facts;
}

function addSlot(owner: object, key: string, text: string, place: Place, { channels, slots }: Walk): void {
  if (text === '' || isEmbeddedData(key, text)) return;
  const where = { ...place, isJson: key === 'arguments' };
  const channel = place.isWhole ? channels.single(where) : channels.at(where);
  channel.deltaOf = place.wrap;
  slots.push(new MemberSlot(owner, key, channel, place.isWhole));
}

class MemberSlot implements TextSlot {
  readonly channel: GuardedChannel;
  readonly text: string;
  readonly isWhole: boolean;
  readonly #owner: object;
  readonly #key: string;

  constructor(owner: object, key: string, channel: GuardedChannel, isWhole: boolean) {
    this.channel = channel;
    this.text = Reflect.get(owner, key) as string;
    this.isWhole = isWhole;
    this.#owner = owner;
    this.#key = key;
  }

  get isChanged(): boolean {
    return Reflect.get(this.#owner, this.#key) !== this.text;
  }

  write(text: string): void {
    Reflect.set(this.#owner, this.#key, text);
  }
}

function channelOf(key: string): OutputChannel {
  if (key === 'refusal') return 'refusal';
  if (key === 'tool_calls' || key === 'function_call') return 'arguments';
  return key.startsWith('reasoning') || key.startsWith('thinking') ? 'reasoning' : 'text';
}

/** The name of a function is one of those that the request declares. */
function isNameOfCall(key: string, { channel }: Place): boolean {
  return key === 'name' && channel === 'arguments';
}

function isEmbeddedData(key: string, text: string): boolean {
  return key === 'url' && text.startsWith('data:');
}
