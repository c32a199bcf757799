import { describe, expect, it } from 'vitest';
import type { Detector } from '../../src/contracts/guard.js';
import { builtInDetectors, detect } from '../../src/guard/detect/detect.js';
import { JsonView } from '../../src/guard/text/json-view.js';
import { ScanFilter } from '../../src/guard/text/scan-filter.js';
import { PlainView, type TextView } from '../../src/guard/text/text-view.js';
import { FIXTURES, HARMLESS } from './fixtures.js';

const ALL = builtInDetectors();

function redacted(pieces: readonly string[], view: TextView = new PlainView(), detectors: readonly Detector[] = ALL) {
  const filter = new ScanFilter(view, detectors, (type) => `<${type}>`);
  return pieces.map((piece) => filter.push(piece, false)).join('') + filter.push('', true);
}

/** Every way to cut `text` in two, one character a piece, and whole. */
function cuts(text: string): string[][] {
  const inTwo = Array.from({ length: text.length - 1 }, (_, index) => [
    text.slice(0, index + 1),
    text.slice(index + 1),
  ]);
  return [[text], [...text], text.split(''), ...inTwo];
}

describe.each(FIXTURES)('$type $value', ({ type, value }) => {
  it('is found by its own detector, alone and in a sentence', () => {
    const own = ALL.filter((detector) => detector.type === type);
    expect(redacted([value], new PlainView(), own)).toBe(`<${type}>`);
    expect(redacted([`It is ${value}, really.`], new PlainView(), own)).toBe(`It is <${type}>, really.`);
  });

  it('is found wherever the text is cut', () => {
    const text = `Before ${value}. After\n${value}`;
    for (const pieces of cuts(text)) expect(redacted(pieces)).toBe(`Before <${type}>. After\n<${type}>`);
  });

  it('is found in JSON, escaped or not, wherever it is cut', () => {
    const escaped = [...value]
      .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    for (const text of [JSON.stringify({ to: value, n: 1 }), `{"to":"${escaped}","n":1}`]) {
      for (const pieces of cuts(text)) expect(redacted(pieces, new JsonView())).toBe(`{"to":"<${type}>","n":1}`);
    }
  });
});

it.each(FIXTURES.filter(({ type }) => type !== 'email'))(
  '$type $value is found behind an escaped line end',
  (fixture) => {
    expect(redacted([`\\n${fixture.value}\\n`])).toBe(`\\n<${fixture.type}>\\n`);
  },
);

describe('what is none', () => {
  it.each(HARMLESS)('%s stays', (text) => {
    for (const pieces of cuts(text)) expect(redacted(pieces)).toBe(text);
  });

  it('a number in JSON becomes a string when it is redacted', () => {
    expect(redacted(['{"card":4111111111111111}'], new JsonView())).toBe('{"card":"<card>"}');
  });

  it('JSON that is cut or wrong is released as it came', () => {
    for (const text of ['{"a":"\\u12', '{"a":"\\x"}', '"\\', '{"a":"\\ud83d\\ude00"}', 'no json " at \\all']) {
      for (const pieces of cuts(text)) expect(redacted(pieces, new JsonView())).toBe(text);
    }
  });
});

describe('limits', () => {
  it('a private key without its end is taken to the end of the text', () => {
    expect(redacted(['x -----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN'])).toBe('x <private-key>');
  });

  it('no more than 16,384 characters of a private key are held', () => {
    const filter = new ScanFilter(new PlainView(), [detect.privateKey()], () => '<key>');
    let released = filter.push('-----BEGIN PRIVATE KEY-----\n', false);
    for (let length = 0; length < 40_000; length += 100) {
      released += filter.push('A'.repeat(100), false);
      expect(filter.held).toBeLessThanOrEqual(16_384);
    }
    expect(released.startsWith('<key>')).toBe(true);
  });

  it('an API key is redacted to its end, however long it is', () => {
    const key = `sk-${'aB3'.repeat(2_000)}`;
    for (const pieces of [[key], key.match(/.{1,100}/g)!]) expect(redacted(pieces)).toBe('<api-key>');
  });

  it('no more than 16,384 characters of an API key are held', () => {
    const filter = new ScanFilter(new PlainView(), [detect.apiKey()], () => '<key>');
    let released = filter.push('sk-', false);
    for (let length = 0; length < 40_000; length += 100) {
      released += filter.push('a'.repeat(100), false);
      expect(filter.held).toBeLessThanOrEqual(16_384);
    }
    expect(released.startsWith('<key>')).toBe(true);
  });

  it('a local part is at most 64 characters', () => {
    expect(redacted([`${'a'.repeat(100)}@example.com`])).toBe(`${'a'.repeat(36)}<email>`);
    expect(redacted([...`${'a'.repeat(100)}@example.com`])).toBe(`${'a'.repeat(36)}<email>`);
  });

  it('is linear: large texts of near misses are read in one pass', () => {
    for (const text of [
      'a@',
      'a%40',
      '4 ',
      '4\u2009\u200b\u00ad',
      'DE89 ',
      'eyJ',
      'ewo.',
      'sk-',
      'AKIA-',
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----\n-----END X',
      '４ａ＠',
    ]) {
      const large = text.repeat(Math.ceil(200_000 / text.length));
      expect(typeof redacted([large])).toBe('string');
    }
  });
});

describe('detect.pattern', () => {
  const ticket = detect.pattern('ticket', /TICKET-\d{6,8}/);

  it('finds matches wherever the text is cut', () => {
    const text = 'See TICKET-123456 and TICKET-12345678.';
    for (const pieces of cuts(text))
      expect(redacted(pieces, new PlainView(), [ticket])).toBe('See <ticket> and <ticket>.');
  });

  it('releases what is further back than its window', () => {
    const filter = new ScanFilter(new PlainView(), [detect.pattern('x', /x+/, { window: 4 })], () => '');
    expect(filter.push('abcdefgh', false)).toBe('abcd');
    expect(filter.held).toBe(4);
  });

  it('ends with a pattern that matches nothing', () => {
    expect(redacted(['abc'], new PlainView(), [detect.pattern('none', /y*/)])).toBe('abc');
  });

  it('refuses what is no pattern', () => {
    expect(() => detect.pattern('x', 'y' as never)).toThrow('detect.pattern must be given a regular expression');
    expect(() => detect.pattern('x', /y/y)).toThrow('detect.pattern must not have the flag y');
    expect(() => detect.pattern('x', /y/, { window: 0 })).toThrow('detect.pattern.window must be a whole number');
  });
});

it('chunks have the result of the whole text, for random texts', () => {
  const parts = [
    ...FIXTURES.map(({ value }) => value),
    ...HARMLESS,
    ' ',
    '\n',
    '@',
    '.',
    '4',
    'D',
    'e',
    '-----',
    'sk-',
    '⟨',
  ];
  let seed = 7;
  const random = (most: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % most;
  };
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: 1 + random(6) }, () => parts[random(parts.length)]!.slice(random(3))).join('');
    const pieces: string[] = [];
    for (let at = 0; at < text.length;) {
      const length = 1 + random(9);
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    expect(redacted(pieces), JSON.stringify(text)).toBe(redacted([text]));
  }
});
