import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { parseExact } from '../../src/json/exact-numbers.js';
import { KeptDigits } from '../../src/json/kept-digits.js';
import { SerialisedBody } from '../../src/json/request-body.js';

const TEXT =
  '{"model":"m","seed":9007199254740993,"messages":[{"role":"user","content":[{"type":"text","text":"a","id":12345678901234567890}]},' +
  '{"role":"user","content":"b"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"enum":[1,9007199254740993,9007199254740995],' +
  '"maximum":9223372036854775807,"x":1234567890.12345678}}}]}';

interface Asked {
  seed: number;
  messages: { role: string; content: unknown }[];
  tools: { function: { parameters: { enum: number[]; maximum: number } } }[];
}

/** The text of what `change` makes of the request of `text`. */
function afterChange(change: (request: Asked) => unknown, text = TEXT): string {
  const request = JSON.parse(text) as ChatRequest;
  const digits = KeptDigits.of(new SerialisedBody(request, parseExact(text) as object));
  const changed = (change(request as unknown as Asked) ?? request) as ChatRequest;
  return JSON.stringify(digits?.restoredIn(changed) ?? changed);
}

const SYSTEM = { role: 'system', content: 's' };
const withSystem = (text = TEXT): string =>
  text.replace('"messages":[', '"messages":[{"role":"system","content":"s"},');

describe('digits of a request that a hook has changed', () => {
  it.each<readonly [what: string, change: (request: Asked) => unknown, text: string]>([
    ['nothing', () => undefined, TEXT],
    ['a copy of everything', (request) => structuredClone(request), TEXT],
    ['a message in front, in place', ({ messages }) => void messages.unshift(SYSTEM), withSystem()],
    ['a message in front of the same ones', (r) => ({ ...r, messages: [SYSTEM, ...r.messages] }), withSystem()],
    [
      'a message in front of copies',
      (r) => ({ ...r, messages: [SYSTEM, ...structuredClone(r.messages)] }),
      withSystem(),
    ],
    [
      'another text in a copy of the message',
      (r) => {
        const copy = structuredClone(r);
        (copy.messages[0]!.content as { text: string }[])[0]!.text = 'z';
        return copy;
      },
      TEXT.replace('"text":"a"', '"text":"z"'),
    ],
    [
      'one value of an enum less',
      (r) => void r.tools[0]!.function.parameters.enum.shift(),
      TEXT.replace('[1,9007', '[9007'),
    ],
    [
      'the tools of the request in another member',
      ({ tools, ...rest }) => ({ ...rest, functions: tools.map((tool) => tool.function) }),
      TEXT.replace('"tools":[{"type":"function","function":{', '"functions":[{').replace('}}}]}', '}}]}'),
    ],
  ])('%s', (_what, change, text) => expect(afterChange(change)).toBe(text));

  it('are given up where the hook sets another number', () => {
    expect(afterChange((request) => void (request.seed = 7))).toBe(TEXT.replace('9007199254740993', '7'));
    expect(afterChange((r) => void (r.tools[0]!.function.parameters.maximum = 5))).toBe(
      TEXT.replace('9223372036854775807', '5'),
    );
  });

  it('are nowhere else', () => {
    const text = afterChange((request) => ({
      model: 'm',
      messages: [{ role: 'user', content: '9007199254740993' }],
      n: request.seed,
    }));
    expect(text).toContain(`"n":${String(Number('9007199254740993'))}`);
  });

  it('nothing is copied, and no object of a class is taken apart', () => {
    const request = JSON.parse('{"model":"m","messages":[],"at":null}') as ChatRequest;
    expect(KeptDigits.of(new SerialisedBody(request))).toBeUndefined();
    expect(afterChange((r) => ({ ...r, messages: [], tools: [], at: new Date(0) }))).toBe(
      '{"model":"m","seed":9007199254740993,"messages":[],"tools":[],"at":"1970-01-01T00:00:00.000Z"}',
    );
  });

  it('a long conversation of copies costs a walk, not a walk for each message', () => {
    const messages = Array.from(
      { length: 4_000 },
      (_, index) => `{"role":"user","content":"${index}${'x'.repeat(200)}"}`,
    );
    messages[2_000] = '{"role":"user","content":"y","id":9007199254740993}';
    const text = `{"messages":[${messages.join(',')}]}`;
    const start = performance.now();
    expect(
      afterChange((r) => ({ ...structuredClone(r), messages: [SYSTEM, ...structuredClone(r.messages)] }), text),
    ).toBe(withSystem(text));
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('a long list of numbers costs a walk, not a search for each number', () => {
    const text = `{"x":[${'1,'.repeat(90_000)}9007199254740993]}`;
    const start = performance.now();
    expect(afterChange((request) => void ((request as { y?: number }).y = 1), text)).toBe(
      `${text.slice(0, -1)},"y":1}`,
    );
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('a long text in nested copies is not compared at each level', () => {
    const depth = 400;
    const text = `{"x":${'['.repeat(depth)}"${'x'.repeat(4_000_000)}",9007199254740993${']'.repeat(depth)}}`;
    const start = performance.now();
    expect(afterChange((request) => structuredClone(request), text)).toBe(text);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('in whatever order its objects stand, each keeps its own numbers', () => {
    const item = fc.record({ id: fc.bigInt({ min: 0n, max: 10n ** 20n }), text: fc.string() });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (items) => {
        const texts = items.map(({ id, text }) => `{"id":${id},"text":${JSON.stringify(text)}}`);
        const reversed = ({ messages }: Asked): unknown => ({ messages: messages.toReversed() });
        expect(afterChange(reversed, `{"messages":[${texts.join(',')}]}`)).toBe(
          `{"messages":[${texts.toReversed().join(',')}]}`,
        );
      }),
    );
  });
});
