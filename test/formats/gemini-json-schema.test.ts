import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { jsonSchema, parametersSchema } from '../../src/formats/gemini/json-schema.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { refusalOf } from './gemini-cases.js';

const PARAM = 'tools[0].function.parameters';

describe('JSON Schema for Gemini', () => {
  const cases: [what: string, schema: JsonObject, sent: JsonObject | undefined][] = [
    ['no parameters', {}, undefined],
    ['an object without properties', { type: 'object', properties: {}, additionalProperties: false }, undefined],
    [
      'an object that is open for any property',
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'object', additionalProperties: { type: 'string' } },
    ],
    ['properties without a type', { properties: { a: {} } }, { type: 'object', properties: { a: {} } }],
    [
      'an object or null',
      { type: ['object', 'null'], properties: { a: {} } },
      { type: 'object', properties: { a: {} } },
    ],
    [
      'properties that are named like keywords',
      {
        type: 'object',
        properties: { const: { type: 'string' }, $schema: { type: 'string' }, examples: { const: 1 } },
      },
      {
        type: 'object',
        properties: { const: { type: 'string' }, $schema: { type: 'string' }, examples: { enum: [1] } },
      },
    ],
    [
      'data that looks like schemas',
      { type: 'object', properties: { a: { default: { const: 1, $schema: 'x' }, enum: [{ $comment: 'x' }] } } },
      { type: 'object', properties: { a: { default: { const: 1, $schema: 'x' }, enum: [{ $comment: 'x' }] } } },
    ],
    [
      'definitions',
      { type: 'object', properties: { a: { $ref: '#/definitions/A' } }, definitions: { A: { const: null } } },
      { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { enum: [null] } } },
    ],
    [
      'a root that refers to a definition',
      { $ref: '#/$defs/A', $defs: { A: { type: 'object', properties: { a: { $ref: '#/$defs/A' } } } } },
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/A' } },
        $defs: { A: { type: 'object', properties: { a: { $ref: '#/$defs/A' } } } },
      },
    ],
    [
      'a root of allOf',
      {
        allOf: [
          { type: 'object', properties: { a: {} }, required: ['a'] },
          { properties: { b: {} }, required: ['b'] },
        ],
      },
      { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
    ],
    [
      'what is only for people',
      {
        type: 'object',
        properties: { a: { type: 'string', examples: ['x'], deprecated: true, $comment: 'c', minLength: 2 } },
      },
      { type: 'object', properties: { a: { type: 'string', minLength: 2 } } },
    ],
    [
      'keywords of which Gemini knows nothing',
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        patternProperties: { '^x': { const: 1 } },
        not: { const: 2 },
      },
      {
        type: 'object',
        properties: { a: { type: 'string' } },
        patternProperties: { '^x': { enum: [1] } },
        not: { enum: [2] },
      },
    ],
  ];
  it.each(cases)('translates %s', (_what, schema, sent) => {
    expect(parametersSchema(deepFreeze(schema), PARAM)).toEqual(sent);
  });

  const refused: [what: string, schema: JsonObject][] = [
    ['a root of alternatives', { anyOf: [{ type: 'object' }] }],
    ['a root that is a list', { type: 'array', items: {} }],
    ['a reference to another document', { type: 'object', properties: { a: { $ref: 'https://x.example/s' } } }],
    ['a root that refers to itself', { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }],
    ['a root that refers to nothing', { $ref: '#/$defs/B', $defs: {} }],
    ['definitions of one name in both places', { type: 'object', $defs: { A: {} }, definitions: { A: {} } }],
    ['endless nesting', nested(100)],
    ['an endless list', { type: 'object', anyOf: Array.from({ length: 10_001 }, () => ({})) }],
  ];
  it.each(refused)('refuses %s', (_what, schema) => {
    expect(refusalOf(() => parametersSchema(deepFreeze(schema), PARAM))).toBe(PARAM);
  });

  it('accepts any root for a response', () => {
    expect(jsonSchema({ type: 'array', items: { const: 'x' } }, PARAM)).toEqual({
      type: 'array',
      items: { enum: ['x'] },
    });
  });

  it('keeps a property named __proto__', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"const":1}}}') as JsonObject;
    expect(JSON.stringify(parametersSchema(schema, PARAM))).toContain('"__proto__":{"enum":[1]}');
  });
});

/** Properties inside properties. */
function nested(levels: number): JsonObject {
  return levels === 0 ? { type: 'object' } : { type: 'object', properties: { a: nested(levels - 1) } };
}
