import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatRequest } from '../../src/chat/types.js';
import { systemClock } from '../../src/util/clock.js';
import type { Schema } from '../../src/validate/schema/build.js';
import * as routing from '../../src/validate/schema/routing-fields.js';
import { createValidator } from '../../src/validate/validate.js';
import { publishedKeys } from '../fixtures/cases.js';
import { publishedSchemas } from './published-schemas.js';
import { RESPONSE_MEMBERS, REQUEST_MEMBERS } from './wire-members.js';

const schemas: Readonly<Record<string, Schema>> = {
  ...publishedSchemas,
  ProviderPreferences: routing.providerPreferences,
  MaxPrice: routing.maxPrice,
  SortPreference: routing.sortPreference,
};

describe('the exported request types', () => {
  it('cover every schema that has members', () => {
    const withMembers = Object.keys(schemas).filter((name) => schemas[name]?.properties !== undefined);
    expect(Object.keys(REQUEST_MEMBERS).sort()).toEqual(withMembers.sort());
  });

  it.each(Object.entries(REQUEST_MEMBERS))('match the schema: %s', (name, members) => {
    expect(members).toEqual(membersOf(schemas[name]));
  });

  it('can be written out in full, and the result is accepted', () => {
    const request: ChatRequest = {
      model: 'm',
      messages: [
        { role: 'developer', content: 'd' },
        { role: 'user', content: [{ type: 'text', text: 't' }] },
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: {} } },
      provider: { sort: { by: 'price', partition: 'none' }, max_price: { prompt: '1.5', completion: 3 } },
      something_new: true,
    };
    expect(createValidator({}, systemClock).check(request)).toBe(request);
  });

  it('refuse what the schema refuses', () => {
    // @ts-expect-error a role that does not exist
    const role: ChatRequest = { messages: [{ role: 'human', content: 'x' }] };
    // @ts-expect-error a tool message names a call
    const tool: ChatRequest = { messages: [{ role: 'tool', content: 'x' }] };
    // @ts-expect-error text is no number
    const temperature: ChatRequest = { messages: [{ role: 'user', content: 'x' }], temperature: '1' };
    const validator = createValidator({}, systemClock);
    for (const request of [role, tool, temperature]) expect(() => validator.check(request)).toThrow();
  });
});

describe('the exported response types', () => {
  it('have every member of the published response, and no other', () => {
    const request = new Set(publishedKeys.request);
    const published = publishedKeys.all.filter((key) => !request.has(key));
    const ours = Object.entries(RESPONSE_MEMBERS).flatMap(([name, members]) =>
      Object.keys(members).map((member) => `${name}.${member}`),
    );
    expect(ours.sort()).toEqual([...published].sort());
  });

  it('allow chunks with few members, and with unknown ones', () => {
    const chunks: ChatChunk[] = [
      {},
      { choices: [] },
      { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{' } }] } }], provider: 'x' },
    ];
    expect(chunks).toHaveLength(3);
  });
});

/** A schema in the form of the table of types. */
function membersOf(schema: Schema | undefined): Record<string, Record<string, 1>> {
  const required = new Set(schema?.required);
  return Object.fromEntries(
    Object.entries(schema?.properties ?? {}).map(([key, { type }]) => {
      const names = (Array.isArray(type) ? type : [type]).map((name) => (name === 'integer' ? 'number' : name));
      return [key, Object.fromEntries([...names, ...(required.has(key) ? [] : ['absent'])].map((name) => [name, 1]))];
    }),
  );
}
