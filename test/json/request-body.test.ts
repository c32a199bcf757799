import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/chat/types.js';
import { ReceivedBody } from '../../src/json/request-body.js';

describe('the exact form of a received request', () => {
  it('has the keys that are written with escapes, whatever JSON.parse takes them for', () => {
    // From now on V8 takes any key that begins with a code behind `shapeOfExact` for this one (nodejs/node#63785).
    JSON.parse('{"shapeOfExact":[],"\\\\u":1}');
    const text = '{"x":{"shapeOfExact":9007199254740993,"\\u65e5\\u672c":1}}';
    const members = [{ key: 'x', start: 1, valueStart: 5, valueEnd: text.length - 1 }];
    const facts = { members, hasLongNumbers: true, hasEscapedKeys: true, isAscii: true };
    const body = new ReceivedBody({ messages: [] } as unknown as ChatRequest, Buffer.from(text), facts);
    expect(JSON.stringify(body.exactMember('x'))).toBe('{"shapeOfExact":9007199254740993,"日本":1}');
    expect(JSON.stringify(body.exactRequest())).toBe('{"x":{"shapeOfExact":9007199254740993,"日本":1}}');
  });
});
