import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { asJson } from './gemini-cases.js';
import { exchange, refused } from './gemini-given.js';

describe('thinking', () => {
  const cases: [request: JsonObject, model: string, sent: JsonObject | undefined, dropped?: string[]][] = [
    [{}, 'gemini-2.5-flash', undefined],
    [{ reasoning_effort: 'minimal' }, 'gemini-2.5-flash', { thinkingBudget: 1_024, includeThoughts: true }],
    [{ reasoning_effort: 'high' }, 'gemini-2.5-pro', { thinkingBudget: 24_576, includeThoughts: true }],
    [{ reasoning_effort: 'max' }, 'gemini-2.5-pro', { thinkingBudget: 32_768, includeThoughts: true }],
    [{ reasoning_effort: 'xhigh' }, 'gemini-2.5-flash', { thinkingBudget: 24_576, includeThoughts: true }],
    [{ reasoning_effort: 'none' }, 'gemini-2.5-pro', { thinkingBudget: 128 }, ['reasoning_effort']],
    [{ reasoning: { max_tokens: 777 } }, 'gemini-2.5-pro', { thinkingBudget: 777, includeThoughts: true }],
    [{ reasoning: { max_tokens: 0 } }, 'gemini-2.5-flash', { thinkingBudget: 0 }],
    [{ reasoning: { enabled: true } }, 'gemini-2.5-flash', { thinkingBudget: 8_192, includeThoughts: true }],
    [{ reasoning: { enabled: false } }, 'gemini-2.5-flash', { thinkingBudget: 0 }],
    [{ reasoning: { exclude: true } }, 'gemini-2.5-flash', undefined],
    [{ reasoning: { exclude: true }, reasoning_effort: 'low' }, 'gemini-2.5-flash', { thinkingBudget: 1_024 }],
    [{ reasoning_effort: 'low', include_reasoning: false }, 'gemini-2.5-flash', { thinkingBudget: 1_024 }],
    [
      { reasoning_effort: 'low', reasoning: { effort: 'low' } },
      'gemini-3-flash',
      { thinkingLevel: 'LOW', includeThoughts: true },
    ],
    [{ reasoning_effort: 'minimal' }, 'gemini-3-flash', { thinkingLevel: 'MINIMAL', includeThoughts: true }],
    [{ reasoning_effort: 'minimal' }, 'gemini-3-pro-preview', { thinkingLevel: 'LOW', includeThoughts: true }],
    [{ reasoning_effort: 'medium' }, 'gemini-3-pro', { thinkingLevel: 'HIGH', includeThoughts: true }],
    [{ reasoning_effort: 'medium' }, 'gemini-3.1-pro', { thinkingLevel: 'MEDIUM', includeThoughts: true }],
    [{ reasoning_effort: 'max' }, 'gemini-3-flash', { thinkingLevel: 'HIGH', includeThoughts: true }],
    [{ reasoning_effort: 'none' }, 'gemini-3-flash', { thinkingLevel: 'MINIMAL' }],
    [{ reasoning_effort: 'none' }, 'gemini-3-pro', { thinkingLevel: 'LOW' }, ['reasoning_effort']],
    [
      { reasoning: { max_tokens: 4_000 } },
      'gemini-3-flash',
      { thinkingLevel: 'MEDIUM', includeThoughts: true },
      ['reasoning.max_tokens'],
    ],
    [{ reasoning_effort: 'low' }, 'gemini-2.0-flash', undefined, ['reasoning_effort']],
    [{ reasoning_effort: 'none' }, 'gemini-2.0-flash', undefined, []],
    [{ reasoning_effort: 'enormous' }, 'gemini-3-flash', undefined, ['reasoning_effort']],
    [{ reasoning: { max_tokens: -1 } }, 'gemini-2.5-flash', undefined, ['reasoning.max_tokens']],
    [{ reasoning_effort: null, reasoning: null }, 'gemini-3-flash', undefined, []],
  ];
  it.each(cases)('%j for %s', (request, model, sent, dropped = []) => {
    const made = exchange(request, { model });
    const { thinkingConfig } = (asJson(made.body)['generationConfig'] ?? {}) as JsonObject;
    expect(thinkingConfig).toEqual(sent);
    expect(made.dropped).toEqual(dropped);
  });

  it('is refused if two members request different efforts', () => {
    expect(refused({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).toBe('reasoning_effort');
  });
});
