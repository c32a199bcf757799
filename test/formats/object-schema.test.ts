import { expect, it } from 'vitest';
import { UnsupportedRequest } from '../../src/contracts/wire-format.js';
import { objectSchema } from '../../src/formats/shared/object-schema.js';

const ref = (name: string) => ({ $ref: `#/$defs/${name}` });

it('a root that refers to itself in allOf is refused with its path', () => {
  const schema = { ...ref('a'), $defs: { a: { allOf: [ref('a')] } } };
  expect(() => objectSchema(schema, 'tools[0].function.parameters')).toThrow(UnsupportedRequest);
});

it('parts that double with every definition are refused before they take time', () => {
  const $defs: Record<string, unknown> = { d18: { type: 'object' } };
  for (let depth = 0; depth < 18; depth++) $defs[`d${depth}`] = { allOf: [ref(`d${depth + 1}`), ref(`d${depth + 1}`)] };
  expect(() => objectSchema({ ...ref('d0'), $defs }, 'p')).toThrow('64 parts');
});

it('nested parts are merged', () => {
  const $defs = { a: { allOf: [ref('b'), { properties: { x: { type: 'string' } } }] }, b: { required: ['x'] } };
  expect(objectSchema({ ...ref('a'), $defs }, 'p')).toMatchObject({
    type: 'object',
    properties: { x: { type: 'string' } },
    required: ['x'],
  });
});
