import { describe, expect, it } from 'vitest';
import { isRecursive, mapSchema } from '../../src/formats/shared/json-schema.js';
import { inlineData, parseDataUrl } from '../../src/formats/shared/media.js';
import { sniff, typeOfData } from '../../src/formats/shared/media-types.js';
import { droppedMembers, expressibleMembers } from '../../src/formats/shared/member-table.js';
import { ToolCallIds } from '../../src/formats/shared/tool-call-ids.js';
import { ToolNames } from '../../src/formats/shared/tool-names.js';

const base64 = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('base64');

describe('media', () => {
  it.each([
    ['89504E47 0D0A1A0A', 'image/png'],
    ['FFD8FFE0', 'image/jpeg'],
    ['474946383961', 'image/gif'],
    ['52494646 00000000 57454250', 'image/webp'],
    ['00000018 66747970 68656963', 'image/heic'],
    ['255044462D', 'application/pdf'],
    ['52494646 00000000 57415645', 'audio/wav'],
    ['494433', 'audio/mpeg'],
    ['FFFB90', 'audio/mpeg'],
    ['4F676753', 'audio/ogg'],
    ['664C6143', 'audio/flac'],
    ['1A45DFA3', 'video/webm'],
    ['00', undefined],
    ['52494646 00000000 41564920', undefined],
  ])('detects the signature %s as %s', (hex, type) => {
    expect(sniff(base64(hex))).toBe(type);
  });

  it.each([
    ['data:image/svg+xml;base64,PHN2Zz4=', { mimeType: 'image/svg+xml', base64: 'PHN2Zz4=' }],
    ['data:audio/mp3;base64,AAAA', { mimeType: 'audio/mpeg', base64: 'AAAA' }],
    ['DATA:text/html;base64,JVBERi0=', { mimeType: 'text/html', base64: 'JVBERi0=' }],
    ['data:text/plain;base64,JVBERi0=', { mimeType: 'application/pdf', base64: 'JVBERi0=' }],
    ['data:text/plain,hello', undefined],
    ['data:image/png;base64,', undefined],
    ['data:image/png;base64,a=b', undefined],
    ['https://x.example/a.png', undefined],
  ])('reads %s', (url, data) => {
    expect(parseDataUrl(url)).toEqual(data);
  });

  it('uses a declared type if the bytes have no signature', () => {
    expect(inlineData('image/JPG; q=1', 'AAAA')).toEqual({ mimeType: 'image/jpeg', base64: 'AAAA' });
  });
});

describe('names and ids', () => {
  const rule = { forbidden: /[^a-zA-Z0-9_]/g, maxLength: 20, first: /^[a-zA-Z_]/ };

  it('go there and back', () => {
    const declared = ['a.b', 'a_b', 'a-b', '1x', '', 'x'.repeat(30), `${'x'.repeat(29)}y`];
    const names = new ToolNames(rule, declared, ['own']);
    const sent = [...declared, 'own'].map((name) => names.sent(name));
    expect(new Set(sent).size).toBe(sent.length);
    for (const name of sent) expect(name).toMatch(/^[a-zA-Z_]\w{0,19}$/);
    expect(sent).not.toContain('own');
    expect(sent.map((name) => names.original(name))).toEqual([...declared, 'own']);
    expect(names.original('unknown')).toBe('unknown');
  });

  it('of calls are short, fit and unique', () => {
    const ids = new ToolCallIds({ forbidden: /[^a-zA-Z0-9_-]/g, maxLength: 64 });
    const long = 'x'.repeat(90);
    const sent = [
      ids.call(long, 'f', 0),
      ids.call(`${long}y`, 'f', 0),
      ids.call('', 'f', 0),
      ids.call('f', 'g', 1),
      ids.call('f', 'h', 2),
    ];
    expect(new Set(sent).size).toBe(5);
    for (const id of sent) expect(id).toMatch(/^[\w-]{1,64}$/);
    expect(ids.result('f')).toBe(sent[4]);
    expect(ids.result('none')).toBeUndefined();
  });

  it('of results are those of the calls in the latest turn of their id, in order', () => {
    const ids = new ToolCallIds({ forbidden: /[^a-zA-Z0-9_-]/g });
    ids.call('call_0', 'f', 1);
    const [first, second] = [ids.call('call_0', 'g', 3), ids.call('call_0', 'h', 3)];
    expect(ids.result('call_0')).toBe(first);
    expect(ids.result('call_0')).toBe(second);
    expect(ids.result('call_0')).toBe(second);
  });
});

describe('schemas', () => {
  it('are copied with every sub-schema rewritten, and nothing else', () => {
    const schema = Object.freeze({
      properties: { type: { items: [{}, true] }, enum: { anyOf: [{}] } },
      enum: [{ items: {} }],
      $defs: { a: {} },
    });
    const seen = mapSchema(schema, 'p', (node, depth) => ({ ...node, depth }));
    expect(seen).toEqual({
      depth: 0,
      properties: { type: { depth: 1, items: [{ depth: 2 }, true] }, enum: { depth: 1, anyOf: [{ depth: 2 }] } },
      enum: [{ items: {} }],
      $defs: { a: { depth: 1 } },
    });
  });

  it('keep members with any name', () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as Record<string, unknown>;
    expect(JSON.stringify(mapSchema(schema, 'p', (node) => node))).toBe(JSON.stringify(schema));
  });

  it('are bounded', () => {
    const wide = { anyOf: Array.from({ length: 10_001 }, () => ({})) };
    expect(() => mapSchema(wide, 'p', (node) => node)).toThrow(expect.objectContaining({ param: 'p' }));
  });

  it.each([
    [{ $ref: '#' }, true],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: { items: { $ref: '#/$defs/a' } } } }, true],
    [{ $defs: { a: { $ref: '#/$defs/b' }, b: {} }, $ref: '#/$defs/a' }, false],
  ])('know whether they are recursive: %j', (schema, recursive) => {
    expect(isRecursive(schema)).toBe(recursive);
  });
});

describe('a table of members', () => {
  const table = [
    { member: 'seed', fate: 'dropped' },
    { member: 'bias', fate: 'dropped', neutral: [{}, 0] },
    { member: 'messages[].name', fate: 'dropped' },
    { member: 'stop', fate: 'sent', sentAs: 'x' },
    { member: 'n', fate: 'refused' },
  ] as const;

  it('reports what of a request is dropped', () => {
    const dropped = droppedMembers(table);
    expect(dropped({ messages: [], seed: 0, bias: { a: 1 }, stop: 'x' })).toEqual(['seed', 'bias']);
    expect(dropped({ messages: [], seed: null, bias: {} })).toEqual([]);
    expect(dropped({ messages: [], bias: 0 })).toEqual([]);
  });

  it('reports what a format must receive', () => {
    expect(expressibleMembers(table)).toEqual(['stop', 'n']);
  });
});

describe('the type of inline data', () => {
  const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

  it.each([
    ['', '\x89PNG\r\n', 'image/png'],
    ['image/*', '\xff\xd8\xff\xe0', 'image/jpeg'],
    ['image/png', '\xff\xd8\xff\xe0', 'image/jpeg'],
    ['application/pdf', '\x89PNG\r\n', 'image/png'],
    ['text/plain', '%PDF-1.7', 'application/pdf'],
    ['text/plain', 'ID3 is an algorithm for decision trees.', 'text/plain'],
    ['text/csv', 'GIF8,GIF9', 'text/csv'],
    ['application/octet-stream', 'OggS\0', 'audio/ogg'],
    ['video/ogg', 'OggS\0', 'video/ogg'],
    ['image/heif', '\0\0\0\x18ftypheic', 'image/heif'],
    ['', '\0\0\0\x18ftypheif', 'image/heif'],
    ['', '\0\0\0\x18ftypheix', 'image/heic'],
    ['', 'RIFF\0\0\0\0WAVE', 'audio/wav'],
    ['', 'nothing known', ''],
  ])('declared as %j, with the bytes of %j: %s', (declared, bytes, type) => {
    expect(typeOfData(declared, base64(bytes))).toBe(type);
  });
});
