import type { ChatRequest } from '../chat/types.js';
import { parseExact } from './exact-numbers.js';

/** Where one top-level member of a JSON object stands in its text, in bytes. */
export interface MemberSpan {
  readonly key: string;
  /** First byte of the key's opening quote. */
  readonly start: number;
  readonly valueStart: number;
  /** One past the value's last byte. */
  readonly valueEnd: number;
}

/** What to send differs from what came by these top-level members only. A member both set and removed is set. */
export interface BodyEdits {
  /** Member → JSON text of its value; added when the request has none. */
  readonly set: Readonly<Record<string, string>>;
  readonly remove: ReadonlySet<string>;
}

/**
 * The bytes that mean exactly `request`. Received bytes are kept and spliced at the top level, so numbers keep
 * their digits and nothing is serialised twice; a request that came as an object, held a key twice or was changed
 * on the way is serialised from the object.
 */
export interface RequestBody {
  readonly request: ChatRequest;
  /** The received bytes, where they mean `request`; a fast cache key. */
  readonly received: Uint8Array | undefined;
  bytesFor(edits: BodyEdits): Uint8Array;
  /**
   * A top-level member whose long numbers keep their digits, see `parseExact`. `undefined`: the request has no such
   * numbers, or no such member.
   */
  exactMember?(key: string): unknown;
}

/** A body whose received bytes mean its request: what is sent is cut from them. */
export class ReceivedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received: Buffer;
  /** In the order of the text, every key once. */
  readonly #members: readonly MemberSpan[];
  readonly #hasLongNumbers: boolean;

  constructor(request: ChatRequest, received: Buffer, members: readonly MemberSpan[], hasLongNumbers = false) {
    this.request = request;
    this.received = received;
    this.#members = members;
    this.#hasLongNumbers = hasLongNumbers;
  }

  exactMember(key: string): unknown {
    const member = this.#hasLongNumbers ? this.#members.find((each) => each.key === key) : undefined;
    return member && parseExact(this.received.toString('utf8', member.valueStart, member.valueEnd));
  }

  bytesFor({ set, remove }: BodyEdits): Uint8Array {
    if (this.#saysAlready(set, remove)) return this.received;
    const splice = new Splice(this.received, set);
    for (const member of this.#members) {
      if (Object.hasOwn(set, member.key)) splice.replace(member, set[member.key] as string);
      else if (!remove.has(member.key)) splice.keep(member);
      else splice.cut();
    }
    for (const key of Object.keys(set)) {
      if (!this.#members.some((member) => member.key === key)) splice.add(key, set[key] as string);
    }
    return splice.finish();
  }

  /** Nothing would be cut out, and what would be set stands there to the letter. */
  #saysAlready(set: BodyEdits['set'], remove: BodyEdits['remove']): boolean {
    let missing = Object.keys(set).length;
    for (const { key, valueStart, valueEnd } of this.#members) {
      if (Object.hasOwn(set, key)) {
        if (this.received.toString('latin1', valueStart, valueEnd) !== set[key]) return false;
        missing--;
      } else if (remove.has(key)) {
        return false;
      }
    }
    return missing === 0;
  }
}

/** Writes an object from runs of an older text: members that stay side by side are copied in one piece. */
class Splice {
  readonly #source: Buffer;
  readonly #target: Buffer;
  #length = 0;
  /** Bytes of the source that wait to be copied; nothing waits while `#from` is negative. */
  #from = -1;
  #to = -1;
  #empty = true;

  constructor(source: Buffer, set: Readonly<Record<string, string>>) {
    let room = source.length + 2;
    // A UTF-16 unit takes three bytes of UTF-8 at most, in a key (quotes, colon and comma beside it) as in a value.
    for (const key of Object.keys(set)) room += (JSON.stringify(key).length + (set[key] as string).length) * 3 + 2;
    this.#source = source;
    this.#target = Buffer.allocUnsafe(room);
    this.#write('{');
  }

  keep(member: MemberSpan): void {
    this.#reach(member);
    this.#to = member.valueEnd;
  }

  replace(member: MemberSpan, value: string): void {
    this.#reach(member);
    this.#to = member.valueStart;
    this.#flush();
    this.#write(value);
    this.#from = this.#to = member.valueEnd;
  }

  cut(): void {
    this.#flush();
  }

  add(key: string, value: string): void {
    this.#flush();
    this.#separate();
    this.#write(`${JSON.stringify(key)}:${value}`);
  }

  finish(): Buffer {
    this.#flush();
    this.#write('}');
    return this.#target.subarray(0, this.#length);
  }

  /** Lets a run begin at `member`, unless one already leads up to it. */
  #reach(member: MemberSpan): void {
    if (this.#from >= 0) return;
    this.#separate();
    this.#from = member.start;
  }

  #separate(): void {
    if (!this.#empty) this.#write(',');
    this.#empty = false;
  }

  #flush(): void {
    if (this.#from < 0) return;
    this.#length += this.#source.copy(this.#target, this.#length, this.#from, this.#to);
    this.#from = -1;
  }

  #write(text: string): void {
    this.#length += this.#target.write(text, this.#length);
  }
}

/** A body that has to be written from its request. */
export class SerialisedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received = undefined;
  readonly #source: object;
  /** Top-level member → its JSON text. Attempts differ in `model` at most, so each is written once. */
  #texts: Map<string, string> | undefined;

  /**
   * @param exact The same request with numbers that keep more digits than a JavaScript number has
   * (`JSON.rawJSON`); `request` itself where there are none.
   */
  constructor(request: ChatRequest, exact: object = request) {
    this.request = request;
    this.#source = exact;
  }

  exactMember(key: string): unknown {
    return this.#source === this.request ? undefined : (this.#source as ChatRequest)[key];
  }

  bytesFor({ set, remove }: BodyEdits): Uint8Array {
    const texts = (this.#texts ??= memberTexts(this.#source));
    const parts: string[] = [];
    for (const [key, text] of texts) {
      if (!remove.has(key) && !Object.hasOwn(set, key)) parts.push(`${JSON.stringify(key)}:${text}`);
    }
    for (const key of Object.keys(set)) parts.push(`${JSON.stringify(key)}:${set[key]}`);
    return Buffer.from(`{${parts.join(',')}}`);
  }
}

function memberTexts(source: object): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(source)) {
    // `undefined` means absent, as it does to JSON.stringify itself.
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
}
