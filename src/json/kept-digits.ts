import type { ChatRequest } from '../chat/types.js';
import { isRecord, type JsonObject } from '../util/json-object.js';
import { doubleOf, isExactNumber } from './exact-numbers.js';
import type { RequestBody } from './request-body.js';

/** Characters of copied objects and lists that are compared by their text; those beyond are found by their place. */
const MAX_COMPARED = 16_000_000;

/**
 * Long numbers of a request, for an object that code of the host made of it: what that code has not touched keeps its
 * digits. An object or list is found wherever it stands now; a copy of one by its place, and in a list by what it says.
 */
export class KeptDigits {
  readonly #exact: object;
  /** An object or list of the request → the same with exact numbers; `undefined` where it has none. */
  readonly #exactOf = new Map<object, object | undefined>();
  /** The objects and lists that have exact numbers. */
  readonly #found = new Set<object>();
  /** A list → its items with exact numbers, by their text with doubles; the first of equal ones. */
  readonly #itemsByText = new Map<readonly unknown[], ReadonlyMap<string, unknown>>();
  /** A list → its exact numbers, by their doubles; the first of equal ones. */
  readonly #numbersByDouble = new Map<readonly unknown[], ReadonlyMap<number, unknown>>();
  #compared = 0;

  /** Of a request that may be changed in place from now on. `undefined`: it has no long numbers. */
  static of(body: RequestBody | undefined): KeptDigits | undefined {
    const exact = body?.exactRequest?.();
    return exact === undefined ? undefined : new KeptDigits(body!.request, exact);
  }

  private constructor(request: ChatRequest, exact: object) {
    this.#exact = exact;
    this.#pair(request, exact);
  }

  /** `changed` with the digits of what is as it was; `changed` itself where that is nothing. */
  restoredIn(changed: ChatRequest): ChatRequest {
    return this.#restored(changed, this.#exact) as ChatRequest;
  }

  /** Whether `exact`, the counterpart of `plain`, has a long number. Recursive, up to `MAX_DEPTH`. */
  #pair(plain: unknown, exact: unknown): boolean {
    if (isExactNumber(exact)) return true;
    if (!isContainer(plain) || !isContainer(exact)) return false;
    let found = false;
    for (const [key, inner] of Object.entries(exact)) {
      if (this.#pair((plain as JsonObject)[key], inner)) found = true;
    }
    this.#exactOf.set(plain, found ? exact : undefined);
    if (found) this.#found.add(exact);
    return found;
  }

  #restored(value: unknown, counterpart: unknown): unknown {
    if (typeof value === 'number') return isSameNumber(value, counterpart) ? counterpart : value;
    if (!isContainer(value)) return value;
    const known = this.#exactOf.get(value) ?? counterpart;
    if (Array.isArray(value)) {
      const among = Array.isArray(known) ? (known as readonly unknown[]) : [];
      return whole(
        value,
        value.map((item: unknown, index) => this.#restored(item, this.#twin(item, among, index))),
      );
    }
    const from: JsonObject = isRecord(known) && !isExactNumber(known) ? known : {};
    const entries = Object.entries(value).map(([key, inner]) => {
      return [key, this.#restored(inner, Object.hasOwn(from, key) ? from[key] : undefined)] as const;
    });
    return entries.every(([key, inner]) => inner === (value as JsonObject)[key]) ? value : Object.fromEntries(entries);
  }

  /** What `item` was in the list that it comes from, where items may have been added or taken out. */
  #twin(item: unknown, among: readonly unknown[], index: number): unknown {
    const here = among[index];
    if (typeof item === 'number') return isSameNumber(item, here) ? here : this.#numbersIn(among).get(item);
    if (!isContainer(item) || this.#exactOf.has(item)) return undefined;
    if (this.#compared > MAX_COMPARED) return here;
    const byText = this.#indexOf(among);
    if (byText.size === 0) return undefined;
    return byText.get(this.#textOf(item) ?? '') ?? here;
  }

  #indexOf(list: readonly unknown[]): ReadonlyMap<string, unknown> {
    let index = this.#itemsByText.get(list);
    if (index === undefined) {
      const items = list.filter((item) => this.#found.has(item as object)).toReversed();
      index = new Map(items.map((item) => [this.#textOf(item, asDouble)!, item]));
      this.#itemsByText.set(list, index);
    }
    return index;
  }

  /** Nested copies are written once for each list that they stand in. */
  #textOf(item: unknown, replacer?: typeof asDouble): string | undefined {
    const text = JSON.stringify(item, replacer) as string | undefined;
    this.#compared += text?.length ?? 0;
    return text;
  }

  #numbersIn(list: readonly unknown[]): ReadonlyMap<number, unknown> {
    let index = this.#numbersByDouble.get(list);
    if (index === undefined) {
      const numbers = list.filter((item) => isExactNumber(item)).toReversed();
      index = new Map(numbers.map((number) => [doubleOf(number as object), number]));
      this.#numbersByDouble.set(list, index);
    }
    return index;
  }
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  // An object of a class may write itself in its own way.
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function isSameNumber(value: number, exact: unknown): boolean {
  return isExactNumber(exact) && doubleOf(exact as object) === value;
}

function asDouble(_key: string, value: unknown): unknown {
  return isExactNumber(value) ? doubleOf(value as object) : value;
}

function whole(list: readonly unknown[], restored: readonly unknown[]): readonly unknown[] {
  return restored.every((item, index) => item === list[index]) ? list : restored;
}
