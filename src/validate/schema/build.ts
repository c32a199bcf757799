/**
 * Builders for the request schema. Lengths are patterns, not `maxLength`, which counts all code points of a value before
 * it compares; a pattern stops at the first one too many.
 */

type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** A JSON Schema as this package writes it. */
export interface Schema {
  readonly type: TypeName | readonly TypeName[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly propertyNames?: Schema;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly discriminator?: { readonly propertyName: string };
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  /** For error messages: the length that `pattern` allows, in characters. */
  readonly longest?: number;
  /** For error messages: what `pattern` allows. */
  readonly form?: string;
  /** For error messages: the words that `pattern` allows. */
  readonly words?: readonly string[];
  /** Members that are known but not checked: no errors where unknown members are. */
  readonly passedOn?: readonly string[];
  readonly if?: Condition;
  readonly then?: Schema;
  readonly else?: Schema;
}

interface Condition {
  readonly properties: Readonly<Record<string, { readonly enum: readonly string[] }>>;
}

/** Keywords that check nothing: `field-errors.ts` and `closed` read them. */
export const ANNOTATIONS = ['longest', 'form', 'words', 'passedOn'];

/** Any value: the member is known, but not checked. */
export const anything: Schema = { type: ['string', 'number', 'boolean', 'object', 'array', 'null'] };
export const text: Schema = { type: 'string' };
export const filledText: Schema = { type: 'string', pattern: '^[^]' };
export const flag: Schema = { type: 'boolean' };
/** Any object, never inspected: a JSON Schema, free-form data. */
export const opaque: Schema = { type: 'object' };

export function decimal(minimum?: number, maximum?: number): Schema {
  return { type: 'number', ...range(minimum, maximum) };
}

export function whole(minimum?: number, maximum?: number): Schema {
  return { type: 'integer', ...range(minimum, maximum) };
}

/** One of a closed set. */
export function word(...words: string[]): Schema {
  return { type: 'string', enum: words };
}

/** At most `longest` characters. */
export function shortText(longest: number): Schema {
  return { type: 'string', pattern: `^[^]{0,${longest}}$`, longest };
}

export function list(items: Schema, minItems = 0, maxItems?: number): Schema {
  return {
    type: 'array',
    items,
    ...(minItems > 0 && { minItems }),
    ...(maxItems !== undefined && { maxItems }),
  };
}

/** An object with arbitrary keys. */
export function record(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

/** An object with known members; others are allowed (see `closed`). */
export function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

/** An object of one of several kinds, distinguished by the constant member `tag`, which each of them requires. */
export function variants(tag: string, kinds: readonly Schema[]): Schema {
  return { type: 'object', discriminator: { propertyName: tag }, oneOf: kinds };
}

/** As `variants`, but an object with a tag that is not among `known` may be anything. */
export function openVariants(tag: string, kinds: readonly Schema[], known: readonly string[]): Schema {
  return {
    type: 'object',
    if: { properties: { [tag]: { enum: known } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; schemas are never awaited
    then: variants(tag, kinds),
    else: object({ [tag]: text }),
  };
}

/** A string or an array of content parts. */
export function textOr(parts: Schema): Schema {
  return { ...parts, type: ['string', 'array'] };
}

/** One of a closed set of values, or a value of `schema`. The words are a pattern, which does not apply to objects. */
export function wordOr(words: readonly string[], schema: Schema): Schema {
  const orText = (inner: Schema): Schema => ({ ...inner, type: ['string', ...typesOf(inner)] });
  return {
    ...orText(schema),
    pattern: `^(?:${words.join('|')})$`,
    words,
    // oxlint-disable-next-line unicorn/no-thenable -- as above
    ...(schema.then !== undefined && { then: orText(schema.then) }),
    ...(schema.else !== undefined && { else: orText(schema.else) }),
  };
}

/** `null` means the same as absent. */
export function orNull(schema: Schema): Schema {
  return {
    ...schema,
    type: [...typesOf(schema), 'null'],
    ...(schema.enum !== undefined && { enum: [...schema.enum, null] }),
  };
}

/** Every known object without further members: a member that the schema does not know is an error. */
export function closed(schema: Schema): Schema {
  const { properties, items, oneOf, additionalProperties, then, passedOn = [] } = schema;
  return {
    ...schema,
    ...(properties !== undefined && {
      properties: {
        ...mapValues(properties, closed),
        ...Object.fromEntries(passedOn.map((member) => [member, anything])),
      },
      additionalProperties: false,
    }),
    ...(items !== undefined && { items: closed(items) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(closed) }),
    // oxlint-disable-next-line unicorn/no-thenable -- as above
    ...(then !== undefined && { then: closed(then) }),
    ...(additionalProperties && { additionalProperties: closed(additionalProperties) }),
  };
}

function typesOf({ type }: Schema): readonly TypeName[] {
  return typeof type === 'string' ? [type] : type;
}

function range(minimum: number | undefined, maximum: number | undefined): Pick<Schema, 'minimum' | 'maximum'> {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
