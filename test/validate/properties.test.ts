import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurePrompt } from '../../src/chat/prompt-size.js';
import { isGatewayError } from '../../src/errors/gateway-error.js';
import { PromptEstimate } from '../../src/route/prompt-size.js';
import { systemClock } from '../../src/util/clock.js';
import type { ParsedRequest } from '../../src/validate/parse-request.js';
import { createValidator } from '../../src/validate/validate.js';
import { handwriting, json, objectOf, validRequest, written, type RequestObject } from './arbitraries.js';
import { referenceParse } from './reference-parse.js';

const validator = createValidator({}, systemClock);
const strict = createValidator({ unknownFields: 'reject', unknownContentParts: 'pass' }, systemClock);
const NO_EDITS = { set: {}, remove: new Set<string>() };

function sent(parsed: ParsedRequest, edits: Parameters<ParsedRequest['body']['bytesFor']>[0] = NO_EDITS): string {
  return Buffer.from(parsed.body.bytesFor(edits)).toString();
}

describe('whatever valid request comes, in whatever handwriting', () => {
  it('is accepted, and what is sent is equivalent to what was checked', () => {
    fc.assert(
      fc.property(validRequest, handwriting, (request, hand) => {
        const text = written(request, hand);
        const parsed = validator.parse(Buffer.from(text));
        expect(parsed.request).toEqual(referenceParse(text).value);
        expect(referenceParse(sent(parsed))).toEqual({ value: parsed.request, repeats: false });
      }),
      { numRuns: 400 },
    );
  });

  it('is the same as text or as an object', () => {
    fc.assert(
      fc.property(validRequest, (request) => {
        const parsed = validator.parse(Buffer.from(JSON.stringify(request)));
        expect(validator.check(request)).toEqual(parsed.request);
        expect(referenceParse(sent(parsed))).toEqual({ value: parsed.request, repeats: false });
      }),
    );
  });

  it.each(['\b𐀀', '\néé', '\t€x', '"𝄞'])('keeps the key %j, which has as many bytes as an escaped letter', (key) => {
    const request = { messages: [{ role: 'user', content: 'Hi' }], metadata: { [key]: 'value' } };
    const parsed = validator.parse(Buffer.from(JSON.stringify(request)));
    expect(parsed.request).toEqual(request);
    expect(referenceParse(sent(parsed))).toEqual({ value: request, repeats: false });
  });

  it('is sent with members set and removed, and with no other change', () => {
    const edits = fc.record({
      set: fc.dictionary(fc.constantFrom('model', 'stream', 'stream_options', 'é', 'constructor'), json),
      remove: fc.array(fc.constantFrom('model', 'provider_order', 'session_id', '17', '__proto__'), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(validRequest, handwriting, edits, (request, hand, { set, remove }) => {
        const parsed = validator.parse(Buffer.from(written(request, hand)));
        const removed: ReadonlySet<string> = new Set<string>(remove);
        const texts = Object.fromEntries(Object.entries(set).map(([key, value]) => [key, JSON.stringify(value)]));
        const text = sent(parsed, { set: texts, remove: removed });

        const kept = Object.entries(parsed.request).filter(([key]) => !removed.has(key) && !Object.hasOwn(set, key));
        const expected = objectOf([...kept, ...Object.entries(set)]);
        expect(referenceParse(text)).toEqual({ value: expected, repeats: false });
      }),
      { numRuns: 400 },
    );
  });

  it('has a prompt of the same size whether or not its bytes show that all texts are ASCII', () => {
    const content = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(validRequest, content, handwriting, (request, text, hand) => {
        const withText = { ...request, messages: [{ role: 'user', content: text }] };
        const parsed = validator.parse(Buffer.from(written(withText, hand)));
        const prompt = new PromptEstimate(parsed.request, { body: parsed.body });
        expect(prompt.size).toEqual(measurePrompt(parsed.request));
      }),
      { numRuns: 400 },
    );
  });

  it.each([10, 3_000])('counts %d characters that are escaped by their bytes', (count) => {
    const text = `{"messages":[{"role":"user","content":"${'\\u00e9'.repeat(count)}"}]}`;
    const { request, body } = validator.parse(Buffer.from(text));
    expect(new PromptEstimate(request, { body }).size.bytes).toBe(2 * count);
  });

  it('keeps every digit of its long numbers', () => {
    const digits = fc.stringMatching(/^-?[1-9][0-9]{16,40}$/);
    fc.assert(
      fc.property(validRequest, handwriting, digits, fc.boolean(), (request, hand, long, wrapped) => {
        const marked = { ...request, x: [{ y: 'LONG' }], ...(wrapped && { stop: { OfString: 's' } }) };
        const text = written(marked, hand).replace(/"(?:L|\\u004c)ONG"/, long);
        expect(sent(validator.parse(Buffer.from(text)))).toContain(long);
      }),
    );
  });
});

describe('whatever else comes', () => {
  it('is accepted or refused with 400, however a valid request was spoilt', () => {
    fc.assert(
      fc.property(validRequest, json, fc.infiniteStream(fc.nat({ max: 1_000 })), (request, value, choices) => {
        const spoilt = replaceSomewhere(request, value, () => choices.next().value as number);
        for (const candidate of [validator, strict]) {
          expectDecision(() => candidate.parse(Buffer.from(JSON.stringify(spoilt))));
          expectDecision(() => candidate.check(spoilt));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is accepted or refused with 400, whatever the bytes', () => {
    const brackets = fc.string({ unit: fc.constantFrom(...'{}[]":,\\ue1-0.fnt \n'), maxLength: 40 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
      brackets.map((text) => Buffer.from(text)),
      fc.tuple(validRequest, fc.nat(), fc.nat({ max: 255 })).map(([request, at, byte]) => {
        const text = Buffer.from(JSON.stringify(request));
        text[at % text.length] = byte;
        return text;
      }),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        expectDecision(() => {
          const parsed = validator.parse(body);
          expect(referenceParse(sent(parsed))).toEqual({ value: parsed.request, repeats: false });
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not change the prototypes of the process', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    for (const text of [
      '{"__proto__":{"a":1},"messages":[{"__proto__":{"role":"user"},"role":"user","content":"x"}]}',
    ]) {
      const parsed = validator.parse(Buffer.from(text));
      expect(Object.getPrototypeOf(parsed.request)).toBe(Object.prototype);
      expect(sent(parsed)).toBe(text);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(before);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });
});

/** Runs `decide`: it may return, or throw a refusal that a client can read. */
function expectDecision(decide: () => unknown): void {
  try {
    decide();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    expect(error.status).toBe(400);
    expect(error.message).not.toBe('');
  }
}

/** A copy of `value` in which one place, found by chance, is another value. */
function replaceSomewhere(value: RequestObject, other: unknown, choose: () => number): RequestObject {
  const keys = Object.keys(value);
  const key = keys[choose() % keys.length] as string;
  return objectOf(
    Object.entries(value).map(([name, inner]) => [name, name === key ? spoil(inner, other, choose) : inner]),
  );
}

function spoil(value: unknown, other: unknown, choose: () => number): unknown {
  if (typeof value !== 'object' || value === null || choose() % 3 === 0) return other;
  if (!Array.isArray(value))
    return Object.keys(value).length === 0 ? other : replaceSomewhere(value as RequestObject, other, choose);
  const at = value.length === 0 ? 0 : choose() % value.length;
  return value.map((item: unknown, index) => (index === at ? spoil(item, other, choose) : item));
}
