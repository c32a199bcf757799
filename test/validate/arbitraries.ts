import fc from 'fast-check';

/*
 * Requests as fast-check makes them up: valid ones, and the many ways to write the same one down.
 */

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', '"', '\\', 'Of', '{}'),
);
const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,12}$/);
/** Keys with which careless code goes wrong. */
const trickyKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0',
  '17',
  '',
  'mod\u0065l2',
  'OfString',
  'é"\\',
  // V8 takes the second for the first, and the fourth for the third (nodejs/node#63785).
  '\\"',
  '"x',
  '\\u00317',
  '17 days',
);
const anyKey = fc.oneof(text, trickyKey);

/** Any JSON value, `__proto__` members included. */
export const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -0.5, 1e21, 1_234_567_890_123_456),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 3 }).map(objectOf),
  ),
})).value;

const textPart = fc.record({ type: fc.constant('text'), text });
const userPart = fc.oneof(
  textPart,
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record({ url: fc.constantFrom('https://a.example/b.png', 'data:,x') }),
  }),
  fc.record({ type: fc.constant('file'), file: fc.record({ file_id: text, filename: text }, { requiredKeys: [] }) }),
);
const toolCall = fc.record({
  id: text,
  type: fc.constant('function'),
  function: fc.record({ name, arguments: text }),
});
const message = fc.oneof(
  fc.record({
    role: fc.constantFrom('system', 'developer'),
    content: fc.oneof(text, fc.array(textPart, { minLength: 1, maxLength: 2 })),
  }),
  fc.record({ role: fc.constant('user'), content: fc.oneof(text, fc.array(userPart, { maxLength: 3 })) }),
  fc.record(
    { role: fc.constant('assistant'), content: text, refusal: fc.constantFrom(null, 'no') },
    { requiredKeys: ['role', 'content'] },
  ),
  fc.record({ role: fc.constant('assistant'), tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 2 }) }),
  fc.record({ role: fc.constant('tool'), tool_call_id: text, content: text }),
);
const tool = fc.record({
  type: fc.constant('function'),
  function: fc.record(
    {
      name,
      description: fc.option(text),
      parameters: fc.array(fc.tuple(anyKey, json), { maxLength: 3 }).map(objectOf),
    },
    { requiredKeys: ['name'] },
  ),
});

const optional = {
  model: fc.option(text),
  tools: fc.option(fc.array(tool, { minLength: 1, maxLength: 3 })),
  temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
  n: fc.option(fc.integer({ min: 1, max: 128 })),
  max_tokens: fc.option(fc.integer({ min: 1 })),
  seed: fc.option(fc.maxSafeInteger()),
  stop: fc.option(fc.oneof(text, fc.array(text, { maxLength: 4 }))),
  stream: fc.option(fc.boolean()),
  user: fc.option(text),
  metadata: fc.option(fc.dictionary(name, text, { maxKeys: 3 })),
  response_format: fc.option(fc.constantFrom({ type: 'text' }, { type: 'json_object' })),
  provider_order: fc.option(fc.array(name, { maxLength: 3 })),
  provider_max_prompt_price: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  session_id: fc.option(text),
};

export type RequestObject = { [key: string]: unknown };

/** A request that must be accepted, with unknown members. */
export const validRequest: fc.Arbitrary<RequestObject> = fc
  .tuple(
    fc.record(
      { messages: fc.array(message, { minLength: 1, maxLength: 4 }), ...optional },
      { requiredKeys: ['messages'] },
    ),
    fc.array(fc.tuple(trickyKey, json), { maxLength: 2 }),
  )
  .map(([known, unknown]) => objectOf([...Object.entries(withoutNegativeZero(known) as object), ...unknown]));

/** How a text is written where JSON allows several forms: an endless row of small numbers. */
export const handwriting: fc.Arbitrary<readonly number[]> = fc.array(fc.nat({ max: 9 }), {
  minLength: 8,
  maxLength: 24,
});

/**
 * `value` as JSON text with odd white space, escaped letters, members in any order, some of them repeated (the last counts).
 */
export function written(value: unknown, hand: readonly number[]): string {
  let used = 0;
  const choice = (): number => hand[used++ % hand.length] as number;
  const space = (): string => ['', '', '', ' ', '\n\t', '  '][choice() % 6] as string;

  function string(word: string): string {
    const plain = JSON.stringify(word);
    if (choice() > 2 || word === '') return plain;
    const first = word.charCodeAt(0).toString(16).padStart(4, '0');
    return `"\\u${first}${JSON.stringify(word.slice(1)).slice(1)}`;
  }

  function write(inner: unknown): string {
    if (Array.isArray(inner)) return `[${inner.map((item) => space() + write(item) + space()).join(',')}]`;
    if (typeof inner === 'string') return string(inner);
    if (typeof inner !== 'object' || inner === null) return JSON.stringify(inner);
    const entries = choice() < 5 ? Object.entries(inner) : Object.entries(inner).toReversed();
    const members = entries.flatMap(([key, member]) => {
      const pair = `${space()}${string(key)}${space()}:${space()}${write(member)}${space()}`;
      return choice() === 0 ? [`${string(key)}:"said before"`, pair] : [pair];
    });
    return `{${members.join(',')}${members.length === 0 ? space() : ''}}`;
  }

  return space() + write(value) + space();
}

/** An object with exactly these members, whatever their names. */
export function objectOf(members: readonly (readonly [string, unknown])[]): RequestObject {
  return Object.fromEntries(members);
}

/** JSON.stringify writes `-0` as `0`. */
function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
