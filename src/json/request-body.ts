import type { ChatRequest } from '../chat/types.js';
import { parseExact } from './exact-numbers.js';
import { parseLossless } from './lossless-parse.js';
import { JsonScanner } from './scanner.js';

const BACKSLASH = 0x5c;
/** Begins a character that is written as its code. */
const UNICODE_ESCAPE = '\\u';
/** The search for a text costs more than measuring the texts of a body below this number of bytes. */
const WORTH_SEARCHING = 8_192;

/** Position of a top-level member in the text of a JSON object, in bytes. */
export interface MemberSpan {
  readonly key: string;
  /** First byte of the key's opening quote. */
  readonly start: number;
  readonly valueStart: number;
  /** One past the value's last byte. */
  readonly valueEnd: number;
}

/** Changes of top-level members between the received body and the one to send. A member both set and removed is set. */
export interface BodyEdits {
  /** Member → JSON text of its value; added when the request has none. */
  readonly set: Readonly<Record<string, string>>;
  readonly remove: ReadonlySet<string>;
}

/**
 * A request and its bytes. Received bytes are kept and spliced at the top level, so numbers keep their digits and
 * nothing is serialised twice. A request that was given as an object, has a repeated key or was changed by a hook is
 * serialised from the object.
 */
export interface RequestBody {
  readonly request: ChatRequest;
  /** The received bytes, where they represent `request`. Used as a fast cache key. */
  readonly received: Uint8Array | undefined;
  /** Every text of the request is known to be ASCII, so its length in bytes is the length of the string. */
  readonly isAscii?: boolean;
  bytesFor(edits: BodyEdits): Uint8Array;
  /**
   * A top-level member whose long numbers keep their digits, see `parseExact`. `undefined`: the request has no such
   * numbers, or no such member.
   */
  exactMember?(key: string): unknown;
  /** The whole request in this form. `undefined`: it has no such numbers. */
  exactRequest?(): ChatRequest | undefined;
}

/** What the bytes of a request show of it. */
export interface ReceivedFacts {
  /** In the order of the text; keys are unique. */
  readonly members: readonly MemberSpan[];
  readonly hasLongNumbers: boolean;
  /** Some key is written with an escape, which JSON.parse may misread. */
  readonly hasEscapedKeys: boolean;
  /** The bytes are ASCII; texts may still hold other characters as escapes. */
  readonly isAscii: boolean;
}

/** A body whose received bytes represent its request: the body to send is spliced from them. */
export class ReceivedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received: Buffer;
  readonly #members: readonly MemberSpan[];
  readonly #facts: ReceivedFacts;

  constructor(request: ChatRequest, received: Buffer, facts: ReceivedFacts) {
    this.request = request;
    this.received = received;
    this.#members = facts.members;
    this.#facts = facts;
  }

  get isAscii(): boolean {
    if (!this.#facts.isAscii) return false;
    const escape = this.received.indexOf(BACKSLASH);
    if (escape === -1) return true;
    return this.received.length >= WORTH_SEARCHING && !this.received.includes(UNICODE_ESCAPE, escape);
  }

  exactMember(key: string): unknown {
    if (this.#facts.hasEscapedKeys) return this.exactRequest()?.[key];
    const member = this.#facts.hasLongNumbers ? this.#members.find((each) => each.key === key) : undefined;
    return member && parseExact(this.received.toString('utf8', member.valueStart, member.valueEnd));
  }

  exactRequest(): ChatRequest | undefined {
    const { hasLongNumbers, hasEscapedKeys } = this.#facts;
    if (!hasLongNumbers) return undefined;
    const exact = hasEscapedKeys
      ? parseLossless(this.received, new JsonScanner(this.received))
      : parseExact(this.received.toString());
    return exact as ChatRequest;
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

  /** Whether the edits change nothing: no member would be removed, and those to set have the same text already. */
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

/** Writes an object from ranges of another text: adjacent members that stay are copied as one range. */
class Splice {
  readonly #source: Buffer;
  readonly #target: Buffer;
  #length = 0;
  /** Pending range of the source to copy; none while `#from` is negative. */
  #from = -1;
  #to = -1;
  #empty = true;

  constructor(source: Buffer, set: Readonly<Record<string, string>>) {
    let capacity = source.length + 2;
    // A UTF-16 unit takes at most three bytes in UTF-8. Each member also has quotes, a colon and a comma.
    for (const key of Object.keys(set)) capacity += (JSON.stringify(key).length + (set[key] as string).length) * 3 + 2;
    this.#source = source;
    this.#target = Buffer.allocUnsafe(capacity);
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

  /** Starts a range at `member`, unless the pending one already reaches it. */
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

/** A body that is serialised from its request. */
export class SerialisedBody implements RequestBody {
  readonly request: ChatRequest;
  readonly received = undefined;
  readonly #source: object;
  /** Top-level member → its JSON text. Attempts rarely differ in more than `model`, so each member is written once. */
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
    return this.exactRequest()?.[key];
  }

  exactRequest(): ChatRequest | undefined {
    return this.#source === this.request ? undefined : (this.#source as ChatRequest);
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
    // `undefined` means absent, as in JSON.stringify.
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
}
