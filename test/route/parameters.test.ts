import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { membersToDrop, notUnderstood, sentParameters, understoodBy } from '../../src/route/plan/parameters.js';

const sent = (fields: Record<string, unknown>) => sentParameters({ messages: [], ...fields } as ChatRequest);
const understood = (...names: string[]) => understoodBy(new Set(names));
const TOOLS = [{ type: 'function', function: { name: 'f' } }];

describe('what a request requires', () => {
  test.each([
    [{ temperature: 0 }, ['temperature']],
    [{ temperature: null, seed: undefined }, []],
    [{ max_completion_tokens: 5 }, ['max_completion_tokens']],
    [{ tools: TOOLS, tool_choice: 'required' }, ['tools', 'tool_choice']],
    [{ tools: [] }, []],
    [{ logprobs: false, top_logprobs: null }, []],
    [{ response_format: { type: 'text' } }, []],
    [{ response_format: { type: 'json_object' } }, ['response_format']],
    [
      {
        stream: true,
        stream_options: {},
        user: 'u',
        metadata: {},
        store: true,
        n: 2,
        service_tier: 'flex',
        modalities: [],
      },
      [],
    ],
    [{ provider_zdr: true, models: [], session_id: 's', anything: 1 }, []],
  ])('%j: %j', (fields, members) => {
    expect(sent(fields).list.map(({ member }) => member)).toEqual(members);
  });
});

describe('what an endpoint understands', () => {
  test.each([
    [{ max_completion_tokens: 5 }, ['max_tokens'], []],
    [{ max_tokens: 5 }, ['max_completion_tokens'], []],
    [{ tools: TOOLS, parallel_tool_calls: false, tool_choice: 'auto' }, ['tools'], []],
    [{ tools: TOOLS, tool_choice: 'none' }, ['tools'], []],
    [{ tools: TOOLS, tool_choice: 'required' }, ['tools'], ['tool_choice']],
    [{ tool_choice: 'required' }, ['tool_choice'], []],
    [{ reasoning_effort: 'low' }, ['reasoning'], []],
    [{ reasoning: {} }, ['reasoning_effort'], ['reasoning']],
    [{ response_format: { type: 'json_schema' } }, ['response_format'], ['response_format']],
    [{ response_format: { type: 'json_schema' } }, ['structured_outputs'], []],
    [{ response_format: { type: 'json_object' } }, ['structured_outputs'], ['response_format']],
    [{ temperature: 1, seed: 2 }, ['constructor', '__proto__', 'toString'], ['temperature', 'seed']],
  ])('%j by %j lacks %j', (fields, declared, lacking) => {
    expect(notUnderstood(sent(fields), understood(...declared))).toEqual(lacking);
  });

  test('is everything where nothing is declared', () => {
    expect(notUnderstood(sent({ top_k: 1, verbosity: 'low', tools: TOOLS }), understoodBy(undefined))).toEqual([]);
  });
});

describe('what is dropped', () => {
  test.each([
    [{ temperature: 1, seed: 2 }, ['temperature'], ['seed']],
    [
      { tools: TOOLS, tool_choice: 'auto', parallel_tool_calls: true },
      ['temperature'],
      ['tools', 'tool_choice', 'parallel_tool_calls'],
    ],
    [
      { tools: TOOLS, tool_choice: 'required', parallel_tool_calls: true },
      ['tool_choice', 'parallel_tool_calls'],
      ['tools', 'tool_choice', 'parallel_tool_calls'],
    ],
    [{ logprobs: true, top_logprobs: 2 }, ['top_logprobs'], ['logprobs', 'top_logprobs']],
    [{ temperature: 1 }, ['temperature'], []],
  ])('%j by %j: %j', (fields, declared, dropped) => {
    expect(membersToDrop(sent(fields), understood(...declared))).toEqual(dropped);
  });

  test('is never a limit on what a response may cost', () => {
    expect(membersToDrop(sent({ max_tokens: 5, max_completion_tokens: 5 }), understood('tools'))).toEqual([]);
  });
});
