import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRecord, type JsonObject } from '../../src/util/json-object.js';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { jsonSchema, parametersSchema } from '../../src/formats/gemini/json-schema.js';
import { openApiParameters, openApiSchema } from '../../src/formats/gemini/openapi-schema.js';
import { deepFreeze } from '../../src/testing/contract-test.js';
import { json } from '../validate/arbitraries.js';
import { refusalOf } from './gemini-cases.js';

const PARAM = 'tools[0].function.parameters';

describe('the OpenAPI subset', () => {
  const cases: [what: string, schema: JsonObject, sent: JsonObject][] = [
    [
      'several types',
      { type: ['string', 'integer'], minLength: 1, minimum: 2, description: 'd' },
      {
        description: 'd',
        anyOf: [
          { type: 'STRING', minLength: 1 },
          { type: 'INTEGER', minimum: 2 },
        ],
      },
    ],
    [
      'several types or null',
      { type: ['string', 'boolean', 'null'] },
      { anyOf: [{ type: 'STRING' }, { type: 'BOOLEAN' }], nullable: true },
    ],
    [
      'alternatives or null',
      { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
      { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }], nullable: true },
    ],
    [
      'one alternative with a description',
      { oneOf: [{ type: 'string' }, { const: null }], description: 'd' },
      { type: 'STRING', description: 'd', nullable: true },
    ],
    [
      'a type beside alternatives',
      { type: 'string', anyOf: [{ enum: ['a'] }, { minLength: 3 }] },
      {
        anyOf: [
          { type: 'STRING', enum: ['a'] },
          { type: 'STRING', minLength: 3 },
        ],
      },
    ],
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], description: 'x' },
          { properties: { b: { type: 'string' } }, required: ['b'], description: 'y' },
        ],
      },
      {
        type: 'OBJECT',
        description: 'x',
        properties: { a: { type: 'STRING' }, b: { type: 'STRING' } },
        required: ['a', 'b'],
      },
    ],
    ['a constant text', { const: 'x' }, { type: 'STRING', enum: ['x'] }],
    ['a constant number', { const: 3, description: 'd' }, { type: 'INTEGER', description: 'd One of: 3' }],
    ['a constant truth', { type: 'boolean', const: true }, { type: 'BOOLEAN', description: 'One of: true' }],
    ['numbers in an enum', { type: 'integer', enum: [1, 2] }, { type: 'INTEGER', description: 'One of: 1, 2' }],
    ['null and "" in an enum', { enum: ['a', null, ''] }, { type: 'STRING', enum: ['a'], nullable: true }],
    [
      'exclusive limits of integers',
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
      { type: 'INTEGER', minimum: 1, maximum: 9 },
    ],
    ['exclusive limits between integers', { type: 'integer', exclusiveMinimum: 0.5 }, { type: 'INTEGER', minimum: 1 }],
    [
      'exclusive limits of draft 4',
      { type: 'integer', minimum: 5, exclusiveMinimum: true },
      { type: 'INTEGER', minimum: 6 },
    ],
    [
      'exclusive limits of other numbers',
      { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      { type: 'NUMBER', maximum: 1 },
    ],
    [
      'formats',
      {
        type: 'object',
        properties: { a: { type: 'string', format: 'date-time' }, b: { type: 'string', format: 'email' } },
      },
      { type: 'OBJECT', properties: { a: { type: 'STRING', format: 'date-time' }, b: { type: 'STRING' } } },
    ],
    ['a list without items', { type: 'array' }, { type: 'ARRAY', items: { type: 'STRING' } }],
    [
      'a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] },
      { type: 'ARRAY', items: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }] } },
    ],
    [
      'a tuple of one type',
      { type: 'array', items: [{ type: 'string' }, { type: 'string' }] },
      { type: 'ARRAY', items: { type: 'STRING' } },
    ],
    [
      'true and false',
      { type: 'object', properties: { a: true, b: false }, required: ['a', 'b'] },
      { type: 'OBJECT', properties: { a: { type: 'OBJECT' } }, required: ['a'] },
    ],
    [
      'what it does not know',
      {
        type: 'object',
        additionalProperties: false,
        patternProperties: {},
        uniqueItems: true,
        not: {},
        if: {},
        $id: 'x',
        title: 't',
      },
      { type: 'OBJECT', title: 't' },
    ],
    ['upper case types', { type: 'STRING' }, { type: 'STRING' }],
    [
      'members of another type than they should have',
      { type: 'string', minLength: 'x', description: 7, required: 'a' },
      { type: 'STRING' },
    ],
    [
      'a property order',
      { type: 'object', properties: { a: true, b: true }, propertyOrdering: ['b', 'a', 'c'] },
      { type: 'OBJECT', properties: { a: { type: 'OBJECT' }, b: { type: 'OBJECT' } }, propertyOrdering: ['b', 'a'] },
    ],
    [
      'a described reference',
      {
        type: 'object',
        properties: { a: { $ref: '#/definitions/A', description: 'mine' } },
        definitions: { A: { type: 'string', description: 'its' } },
      },
      { type: 'OBJECT', properties: { a: { type: 'STRING', description: 'mine' } } },
    ],
    [
      'a reference inside allOf',
      { allOf: [{ $ref: '#/$defs/A' }], description: 'd', $defs: { A: { type: 'string' } } },
      { type: 'STRING', description: 'd' },
    ],
  ];
  it.each(cases)('translates %s', (_what, schema, sent) => {
    expect(openApiSchema(deepFreeze(schema), PARAM)).toEqual(sent);
  });

  it('cuts a schema that contains itself, three levels down', () => {
    const schema = deepFreeze({
      type: 'object',
      properties: { next: { $ref: '#/$defs/Node' } },
      $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
    });
    const node = (next: JsonObject): JsonObject => ({ type: 'OBJECT', properties: { next } });
    expect(openApiParameters(schema, PARAM)).toEqual(node(node(node(node({ type: 'OBJECT' })))));
  });

  const refused: [what: string, schema: JsonObject][] = [
    ['types that contradict each other', { allOf: [{ type: 'string' }, { type: 'number' }] }],
    ['an unknown type', { type: 'object', properties: { a: { type: 'date' } } }],
    ['a reference that leads nowhere', { type: 'object', properties: { a: { $ref: '#/$defs/A' } } }],
    ['a reference into another document', { type: 'object', properties: { a: { $ref: 'other.json#/a' } } }],
    [
      'allOf in a circle',
      { allOf: [{ $ref: '#/$defs/A' }], type: 'object', $defs: { A: { allOf: [{ $ref: '#/$defs/A' }] } } },
    ],
    ['references that multiply', multiplying(20)],
  ];
  it.each(refused)('refuses %s', (_what, schema) => {
    expect(refusalOf(() => openApiSchema(deepFreeze(schema), PARAM))).toBe(PARAM);
  });

  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    'anyOf',
    'oneOf',
    'allOf',
    'enum',
    'const',
    'required',
    'format',
    '$ref',
    '$defs',
    'minimum',
    'exclusiveMinimum',
    'description',
    'prefixItems',
    'additionalProperties',
    'nullable',
    'default',
    'not',
  );
  const { schema: anySchema } = fc.letrec<{ schema: JsonObject | boolean; value: unknown }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.boolean(),
      fc.dictionary(keyword, tie('value'), { maxKeys: 4 }),
    ),
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      json,
      fc.constantFrom('string', 'object', 'array', 'integer', ['string', 'null'], ['number', 'string'], '#/$defs/a'),
      tie('schema'),
      fc.array(tie('schema'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('schema'), { maxKeys: 2 }),
    ),
  }));
  const KNOWN = new Set([
    'anyOf',
    'default',
    'description',
    'enum',
    'example',
    'format',
    'items',
    'maxItems',
    'maxLength',
    'maxProperties',
    'maximum',
    'minItems',
    'minLength',
    'minProperties',
    'minimum',
    'nullable',
    'pattern',
    'properties',
    'propertyOrdering',
    'required',
    'title',
    'type',
  ]);

  function checkKnown(schema: unknown): void {
    if (!isRecord(schema)) throw new Error(`no schema: ${JSON.stringify(schema)}`);
    for (const key of Object.keys(schema)) expect(KNOWN).toContain(key);
    expect(schema['type'] !== undefined || schema['anyOf'] !== undefined).toBe(true);
    for (const one of (schema['enum'] ?? []) as unknown[]) expect(typeof one === 'string' && one !== '').toBe(true);
    for (const one of (schema['anyOf'] ?? []) as unknown[]) checkKnown(one);
    if (schema['items'] !== undefined) checkKnown(schema['items']);
    if (schema['type'] === 'ARRAY') expect(schema['items']).toBeDefined();
    for (const one of Object.values((schema['properties'] ?? {}) as JsonObject)) checkKnown(one);
  }

  it('holds members that it knows and no others, whatever the schema; or the schema is refused', () => {
    let translated = 0;
    fc.assert(
      fc.property(anySchema, (schema) => {
        if (!isRecord(schema)) return;
        for (const translate of [openApiSchema, openApiParameters, jsonSchema, parametersSchema]) {
          try {
            const sent = translate(deepFreeze(schema), PARAM);
            if (translate === openApiSchema || (translate === openApiParameters && sent !== undefined))
              checkKnown(sent);
            translated++;
          } catch (error) {
            if (!(error instanceof UnsupportedRequest)) throw error;
          }
        }
      }),
      { numRuns: 1_000 },
    );
    expect(translated).toBeGreaterThan(1_000);
  });
});

/** Each definition uses the next one twice: inlined, there would be a million. */
function multiplying(levels: number): JsonObject {
  const ref = (level: number): JsonObject => ({ $ref: `#/$defs/d${level}` });
  const definitions = Array.from({ length: levels }, (_, level) => [
    `d${level}`,
    level === levels - 1
      ? { type: 'string' }
      : { type: 'object', properties: { a: ref(level + 1), b: ref(level + 1) } },
  ]);
  return { ...ref(0), $defs: Object.fromEntries(definitions) as JsonObject };
}
