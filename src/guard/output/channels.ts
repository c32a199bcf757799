import type { OutputChannel } from '../../contracts/guard.js';
import { GatewayError } from '../../errors/gateway-error.js';
import { arrayIndex, type JsonObject } from '../../util/json-object.js';
import type { GuardContext } from '../call-guard.js';
import type { ResolvedGuards } from '../guard-options.js';
import { placeholderDetector, type PlaceholderTable } from '../placeholders.js';
import { JsonView } from '../text/json-view.js';
import { ScanFilter } from '../text/scan-filter.js';
import { andThen, type TextFilter } from '../text/text-filter.js';
import { PlainView, type TextView } from '../text/text-view.js';
import { CheckFilter } from './check-filter.js';
import { DetectorFilter } from './detector-filter.js';
import { WatchFilter } from './watch-filter.js';

/** Texts that one response may have; more are refused. */
const MAX_CHANNELS = 2_048;
/** Characters that all texts of one response together hold back. */
const MAX_HELD = 8_388_608;

/** What the channels of one response are checked with. */
export interface ChannelParts {
  readonly guards: ResolvedGuards['output'];
  readonly table: PlaceholderTable;
  readonly context: GuardContext;
  /** The request required JSON, so `content` is JSON text. */
  readonly respondsInJson: boolean;
  /** Called when a watching guard blocks. */
  readonly onBlock: (blocked: unknown) => void;
}

/** Position of a text in a response. */
export interface ChannelPlace {
  readonly choice: number;
  readonly channel: OutputChannel;
  /** Within the message: `content`, `tool_calls[0].function.arguments`. */
  readonly member: string;
  /** The text is JSON by its place: arguments of a function. */
  readonly isJson: boolean;
}

/** One text of a response behind all of its guards. */
export class GuardedChannel {
  readonly choice: number;
  /** A delta of the choice that adds `text` to this channel. Set by its latest chunk. */
  deltaOf: (text: string) => JsonObject = () => ({});
  readonly #filters: readonly TextFilter[];
  readonly #count: (characters: number) => void;
  #counted = 0;

  /** @param count - called with the change of the number of held characters */
  constructor(choice: number, filters: readonly TextFilter[], count: (characters: number) => void) {
    this.choice = choice;
    this.#filters = filters;
    this.#count = count;
  }

  get held(): number {
    let held = 0;
    for (const filter of this.#filters) held += filter.held;
    return held;
  }

  /** @throws BlockedByGuard */
  push(text: string, final: boolean): string | Promise<string> {
    let released: string | Promise<string> = text;
    for (const filter of this.#filters) released = andThen(released, (piece) => filter.push(piece, final));
    return andThen(released, (piece) => {
      const { held } = this;
      this.#count(held - this.#counted);
      this.#counted = held;
      return piece;
    });
  }
}

/** The channels of one response, each with guards of its own. */
export class ResponseChannels {
  readonly #parts: ChannelParts;
  readonly #channels = new Map<string, GuardedChannel>();
  /** The tool call that a delta without index continues, by choice. */
  readonly #latestCall = new Map<number, string>();
  #held = 0;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** Every channel that has appeared. */
  all(): Iterable<GuardedChannel> {
    return this.#channels.values();
  }

  /** Some text of the choice is held back. */
  isPending(choice: number): boolean {
    for (const channel of this.#channels.values()) if (channel.choice === choice && channel.held > 0) return true;
    return false;
  }

  /** The channel of a text that comes in pieces. */
  at(place: ChannelPlace): GuardedChannel {
    const id = `${place.choice} ${place.member}`;
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    if (this.#channels.size >= MAX_CHANNELS) throw tooMuch('has too many parts');
    const channel = this.single(place);
    this.#channels.set(id, channel);
    return channel;
  }

  /** A channel for a text that comes whole. */
  single(place: ChannelPlace): GuardedChannel {
    return new GuardedChannel(place.choice, this.#filtersOf(place), (characters) => {
      this.#held += characters;
      if (this.#held > MAX_HELD) throw tooMuch('holds back too much');
    });
  }

  /** Names the tool call of a delta: by its index, else by its id, else it goes on with the latest. */
  callOf(choice: number, delta: JsonObject): string {
    const index = arrayIndex(delta['index']);
    const { id } = delta;
    const named = index === undefined ? (typeof id === 'string' && id !== '' ? id : undefined) : String(index);
    const call = named ?? this.#latestCall.get(choice) ?? '0';
    this.#latestCall.set(choice, call);
    return call;
  }

  #filtersOf({ choice, channel, member, isJson }: ChannelPlace): readonly TextFilter[] {
    const { guards, table, context, onBlock, respondsInJson } = this.#parts;
    const facts = { choice, channel, path: `choices[${choice}].message.${member}` };
    const isJsonText = isJson || (respondsInJson && member === 'content');
    const view = (): TextView => (isJsonText ? new JsonView() : new PlainView());
    const filters: TextFilter[] = [];
    for (const guard of guards) {
      if (!guard.channels.has(channel)) continue;
      if (guard.detects !== undefined) filters.push(new DetectorFilter(guard, facts.path, view(), context));
      else if (guard.mode === 'watch') filters.push(new WatchFilter(guard, facts, context, onBlock));
      else filters.push(new CheckFilter(guard, facts, context));
    }
    if (table.size > 0) {
      filters.push(new ScanFilter(view(), [placeholderDetector], (_type, value) => table.valueOf(value) ?? value));
    }
    return filters;
  }
}

function tooMuch(what: string): GatewayError {
  return new GatewayError('guard_unavailable', `The response cannot be checked: it ${what}.`);
}
