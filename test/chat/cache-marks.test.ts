import { describe, expect, it } from 'vitest';
import { withoutCacheMarks } from '../../src/chat/cache-marks.js';
import type { ChatRequest } from '../../src/chat/types.js';
import { deepFreeze } from '../../src/testing/contract-test.js';

const cache_control = { type: 'ephemeral' };
const post = (members: object): ChatRequest => deepFreeze({ model: 'm', messages: [], ...members }) as ChatRequest;

describe('a request without cache marks', () => {
  it('takes marks from every place that has them', () => {
    const marked = post({
      cache_control,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a', cache_control }, 'odd', null] },
        { role: 'tool', tool_call_id: 'x', content: 'b', cache_control },
      ],
      tools: [{ type: 'function', cache_control, function: { name: 'f', cache_control } }],
    });
    expect(withoutCacheMarks(marked)).toEqual({
      model: 'm',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a' }, 'odd', null] },
        { role: 'tool', tool_call_id: 'x', content: 'b' },
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
    });
  });

  it('leaves data of that name alone', () => {
    const parameters = { type: 'object', properties: { cache_control: { type: 'string' } } };
    const request = post({
      metadata: { cache_control: 'x' },
      messages: [{ role: 'user', content: 'cache_control' }],
      tools: [{ type: 'function', function: { name: 'f', parameters } }],
    });
    expect(withoutCacheMarks(request)).toBe(request);
  });
});
