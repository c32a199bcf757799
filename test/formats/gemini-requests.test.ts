import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { asJson, exchangeOf, refusalOf } from './gemini-cases.js';

const USER = { role: 'user', content: 'Hi' };
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAUA';

interface Given {
  readonly model?: string;
  readonly traits?: JsonObject;
  readonly door?: 'aistudio' | 'vertex';
}

function exchange(request: JsonObject, { model = 'gemini-2.5-flash', traits = {}, door = 'aistudio' }: Given = {}) {
  const given = { request: { model, messages: [USER], ...request }, model: { upstreamModel: model, traits } };
  return exchangeOf(gemini({ door }), given);
}

function body(request: JsonObject, given?: Given): JsonObject {
  return asJson(exchange(request, given).body);
}

function config(request: JsonObject, given?: Given): unknown {
  return body(request, given)['generationConfig'];
}

function parts(content: unknown, given?: Given): unknown {
  const [first] = body({ messages: [{ role: 'user', content }] }, given)['contents'] as JsonObject[];
  return first?.['parts'];
}

function refused(request: JsonObject, given?: Given): string {
  return refusalOf(() => exchange(request, given));
}

const PARAMETERS = { type: 'object', properties: { a: { type: 'string' } } };
const TOOL = { type: 'function', function: { name: 'f', parameters: PARAMETERS } };

describe('the path', () => {
  const cases: [model: string, format: ReturnType<typeof gemini>, stream: boolean, path: string][] = [
    ['gemini-2.5-flash', gemini(), true, '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse'],
    ['tunedModels/mine', gemini(), false, '/v1beta/tunedModels/mine:generateContent'],
    ['tunedModels/a/b', gemini(), false, '/v1beta/models/tunedModels%2Fa%2Fb:generateContent'],
    ['models/a/../b', gemini(), false, '/v1beta/models/a%2F..%2Fb:generateContent'],
    ['a:b', gemini({ apiVersion: '' }), false, '/models/a%3Ab:generateContent'],
    ['m', gemini({ door: 'vertex' }), false, '/v1/publishers/google/models/m:generateContent'],
    ['publishers/google/models/m', gemini({ door: 'vertex' }), false, '/v1/publishers/google/models/m:generateContent'],
    [
      'm',
      gemini({ door: 'vertex', project: 'p', location: 'europe-west4' }),
      true,
      '/v1/projects/p/locations/europe-west4/publishers/google/models/m:streamGenerateContent?alt=sse',
    ],
    [
      'endpoints/12',
      gemini({ door: 'vertex', project: 'p', location: 'us-central1' }),
      false,
      '/v1/projects/p/locations/us-central1/endpoints/12:generateContent',
    ],
  ];
  it.each(cases)('of %s', (model, format, stream, path) => {
    const made = exchangeOf(format, { request: { model, messages: [USER] }, stream });
    expect(made.path).toBe(path);
    expect(made.path.startsWith(format.path)).toBe(true);
  });
});

describe('options', () => {
  it('choose host and credentials', () => {
    expect(gemini()).toMatchObject({
      name: 'gemini',
      defaultBaseUrl: 'https://generativelanguage.googleapis.com',
      auth: { header: 'x-goog-api-key', prefix: '' },
    });
    expect(gemini({ door: 'vertex', project: 'p', location: 'us-east1' })).toMatchObject({
      name: 'vertex',
      defaultBaseUrl: 'https://us-east1-aiplatform.googleapis.com',
      auth: 'bearer',
    });
    expect(gemini({ door: 'vertex', project: 'p' }).defaultBaseUrl).toBe('https://aiplatform.googleapis.com');
    // Express mode of Vertex takes API keys.
    expect(gemini({ door: 'vertex' }).auth).toEqual({ header: 'x-goog-api-key', prefix: '' });
  });

  const wrong: [options: object, message: RegExp][] = [
    [{ dor: 'vertex' }, /unknown option dor; known are door/],
    [{ door: 'studio' }, /door must be 'aistudio' or 'vertex'; got studio/],
    [{ project: 'p' }, /project needs door: 'vertex'/],
    [{ door: 'vertex', project: '../x' }, /project must be a name/],
    [{ apiVersion: 'v1/x' }, /apiVersion must be a word/],
    [{ reasoningFields: ['thoughts'] }, /reasoningFields may hold/],
  ];
  it.each(wrong)('%j are refused', (options, message) => {
    expect(() => gemini(options)).toThrow(message);
  });

  it.each([
    [{ thinking: 'often' }, /format\.thinking of m must be 'budget', 'level' or 'none'; got 'often'/],
    [{ jsonSchema: 1 }, /format\.jsonSchema of m must be true or false/],
    [{ maxCandidates: -1 }, /must be a whole number/],
    [{ thinkingLevels: [] }, /must be a list of level names/],
  ])('traits %j are refused at the start', (traits, message) => {
    const facts = { upstreamModel: 'm', maxCompletionTokens: undefined, traits };
    expect(() => gemini().supportedParameters!(facts)).toThrow(message);
  });

  it('say which parameters reach the model', () => {
    const supported = (upstreamModel: string, traits: JsonObject = {}) =>
      gemini().supportedParameters!({ upstreamModel, maxCompletionTokens: undefined, traits });
    for (const name of [
      'temperature',
      'top_k',
      'seed',
      'tools',
      'structured_outputs',
      'reasoning',
      'max_tokens',
      'stop',
    ])
      expect(supported('gemini-2.5-flash')).toContain(name);
    for (const name of ['min_p', 'logit_bias', 'verbosity', 'prediction', 'repetition_penalty', 'parallel_tool_calls'])
      expect(supported('gemini-2.5-flash')).not.toContain(name);
    expect(supported('gemini-2.0-flash')).not.toContain('reasoning_effort');
    expect(supported('m', { penalties: false })).not.toContain('presence_penalty');
    expect(supported('m', { logprobs: false })).not.toContain('top_logprobs');
  });
});

describe('messages', () => {
  it('keep late system messages, in order', () => {
    const sent = body({
      messages: [USER, { role: 'system', content: [{ type: 'text', text: 'A' }] }, { role: 'developer', content: 'B' }],
    });
    expect(sent['systemInstruction']).toEqual({ parts: [{ text: 'A' }, { text: 'B' }] });
  });

  it('are merged across an assistant message that says nothing', () => {
    const sent = body({ messages: [USER, { role: 'assistant', content: '' }, { role: 'user', content: 'there' }] });
    expect(sent['contents']).toEqual([{ role: 'user', parts: [{ text: 'Hi' }, { text: 'there' }] }]);
  });

  it('leave out empty texts and keep white space', () => {
    expect(
      parts([
        { type: 'text', text: '' },
        { type: 'text', text: ' a ' },
        { type: 'text', text: '\n' },
      ]),
    ).toEqual([{ text: ' a ' }, { text: '\n' }]);
  });

  it('say a refusal in place of missing content', () => {
    const refusal = { role: 'assistant', content: null, refusal: 'No.' };
    const both = { role: 'assistant', content: [{ type: 'refusal', refusal: 'Never.' }], refusal: 'No.' };
    const made = exchange({ messages: [USER, refusal, USER, both] });
    const contents = asJson(made.body)['contents'] as JsonObject[];
    expect(contents.filter(({ role }) => role === 'model').map(({ parts }) => parts)).toEqual([
      [{ text: 'No.' }],
      [{ text: 'Never.' }],
    ]);
    expect(made.dropped).toEqual(['messages[3].refusal']);
  });

  it('lose their names, which is reported', () => {
    const made = exchange({
      messages: [
        { role: 'system', content: 'x', name: 's' },
        { ...USER, name: 'u' },
      ],
    });
    expect(made.dropped).toEqual(['messages[0].name', 'messages[1].name']);
    expect(JSON.stringify(made.body)).not.toContain('name');
  });

  const wrong: [what: string, messages: JsonObject[], param: string][] = [
    ['only system messages', [{ role: 'system', content: 'x' }], 'messages'],
    ['an empty user message', [{ role: 'user', content: '' }], 'messages[0].content'],
    ['a user message without parts', [USER, { role: 'user', content: [] }], 'messages[1].content'],
    ['earlier audio', [USER, { role: 'assistant', audio: { id: 'a' } }], 'messages[1].audio'],
    ['a part that is not known', [{ role: 'user', content: [{ type: 'poll' }] }], 'messages[0].content[0]'],
    ['an image of the system', [{ role: 'system', content: [{ type: 'image_url' }] }], 'messages[0].content[0]'],
    [
      'a file id',
      [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
      'messages[0].content[0].file.file_id',
    ],
    ['a file of nothing', [{ role: 'user', content: [{ type: 'file', file: {} }] }], 'messages[0].content[0].file'],
    ['an answer to no call', [USER, { role: 'tool', tool_call_id: 'x', content: '' }], 'messages[1].tool_call_id'],
    ['an answer to no function', [USER, { role: 'function', name: 'f', content: '' }], 'messages[1].name'],
  ];
  it.each(wrong)('are refused with %s', (_what, messages, param) => {
    expect(refused({ messages })).toBe(param);
  });
});

describe('media', () => {
  const image = (url: string, more: JsonObject = {}) => [{ type: 'image_url', image_url: { url, ...more } }];
  const inline = (mimeType: string, data: string) => [{ inlineData: { mimeType, data } }];

  const taken: [what: string, content: JsonObject[], sent: unknown, given?: Given][] = [
    ['a type written otherwise', image('data:image/jpg;base64,AAAA'), inline('image/jpeg', 'AAAA')],
    ['a type with parameters', image('data:image/PNG;charset=x;base64,AAAA'), inline('image/png', 'AAAA')],
    ['a type that says nothing', image(`data:image/*;base64,${PNG}`), inline('image/png', PNG)],
    ['no type', image(`data:;base64,${PNG}`), inline('image/png', PNG)],
    ['a type that lies', image(`data:image/jpeg;base64,${PNG}`), inline('image/png', PNG)],
    ['base64 for URLs, with white space', image('data:image/png;base64,-_\n A A'), inline('image/png', '+/AA')],
    ['percent-encoded base64', image('data:image/png;base64,AA%2B%3D'), inline('image/png', 'AA+=')],
    [
      'a YouTube video',
      image('https://youtu.be/x'),
      [{ fileData: { fileUri: 'https://youtu.be/x', mimeType: 'video/mp4' } }],
    ],
    [
      'a file of the Files API',
      [
        {
          type: 'file',
          file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/x', filename: 'a.pdf' },
        },
      ],
      [
        {
          fileData: {
            fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/x',
            mimeType: 'application/pdf',
          },
        },
      ],
    ],
    [
      'a bucket, on Vertex',
      image('gs://b/a.webp'),
      [{ fileData: { fileUri: 'gs://b/a.webp', mimeType: 'image/webp' } }],
      { door: 'vertex' },
    ],
    [
      'a document',
      [{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0x', filename: 'x' } }],
      inline('application/pdf', 'JVBERi0x'),
    ],
    [
      'bare base64 with a file name',
      [{ type: 'file', file: { file_data: 'YWJj', filename: 'a.csv' } }],
      inline('text/csv', 'YWJj'),
    ],
    [
      'text that is not base64',
      [{ type: 'file', file: { file_data: 'data:text/plain,a%20b' } }],
      inline('text/plain', 'YSBi'),
    ],
    [
      'audio by its data',
      [{ type: 'input_audio', input_audio: { data: 'ZkxhQw==', format: 'wav' } }],
      inline('audio/flac', 'ZkxhQw=='),
    ],
    [
      'audio by its format',
      [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'aac' } }],
      inline('audio/aac', 'AAAA'),
    ],
    ['a video', [{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }], inline('video/mp4', 'AAAA')],
    [
      'a low resolution',
      image(`data:;base64,${PNG}`, { detail: 'low' }),
      [{ inlineData: { mimeType: 'image/png', data: PNG }, mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' } }],
    ],
    ['an automatic resolution', image(`data:;base64,${PNG}`, { detail: 'auto' }), inline('image/png', PNG)],
  ];
  it.each(taken)('takes %s', (_what, content, sent, given) => {
    expect(parts(content, given)).toEqual(sent);
  });

  const url = 'messages[0].content[0].image_url.url';
  const wrong: [what: string, content: JsonObject[], param: string, given?: Given][] = [
    ['http', image('http://x.example/a.png'), url, { traits: { externalUrls: true } }],
    ['an URL that no model fetches', image('https://x.example/a.png'), url],
    ['a bucket, on AI Studio', image('gs://b/a.png'), url],
    ['an unknown image type', image('data:image/bmp;base64,AAAA'), url],
    ['a document as an image', image('data:image/png;base64,JVBERi0x'), url],
    ['what is no base64', image('data:image/png;base64,???'), url],
    ['nothing', image('data:image/png;base64,'), url],
    ['a data URL without data', image('data:image/png'), url],
    ['a text', image('a.png'), url],
    ['a broken URL', image('https://[/a.png'), url],
    ['a file of no type', [{ type: 'file', file: { file_data: 'YWJj' } }], 'messages[0].content[0].file.file_data'],
    [
      'an URL as audio',
      [{ type: 'input_audio', input_audio: { data: 'https://x.example/a.mp3', format: 'mp3' } }],
      'messages[0].content[0].input_audio.data',
    ],
  ];
  it.each(wrong)('refuses %s', (_what, content, param, given) => {
    expect(refused({ messages: [{ role: 'user', content }] }, given)).toBe(param);
  });

  it('reports a resolution that the model does not take', () => {
    const content = image(`data:;base64,${PNG}`, { detail: 'high' });
    const made = exchange({ messages: [{ role: 'user', content }] }, { traits: { mediaResolution: false } });
    expect(made.dropped).toEqual(['messages[0].content[0].image_url.detail']);
    expect(JSON.stringify(made.body)).not.toContain('mediaResolution');
  });
});

describe('tools', () => {
  it('are sent under names that Gemini takes, the same everywhere', () => {
    const long = 'x'.repeat(200);
    const names = ['get weather', 'get_weather', '1st', long, `${long}y`];
    const sent = body({
      tools: names.map((name) => ({ type: 'function', function: { name } })),
      tool_choice: { type: 'function', function: { name: 'get weather' } },
      messages: [
        USER,
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'get weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
    });
    const [{ functionDeclarations }] = sent['tools'] as [{ functionDeclarations: { name: string }[] }];
    const wire = functionDeclarations.map(({ name }) => name);
    expect(new Set(wire).size).toBe(names.length);
    expect(wire[1]).toBe('get_weather');
    expect(wire[2]).toBe('_1st');
    for (const name of wire) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/);
    expect(JSON.stringify(sent['toolConfig'])).toContain(`["${wire[0]}"]`);
    expect(JSON.stringify(sent['contents']).split(`"name":"${wire[0]}"`)).toHaveLength(3);
  });

  it('of free text are sent as functions of one text', () => {
    const sent = body({
      tools: [{ type: 'custom', custom: { name: 'sql', description: 'd' } }],
      messages: [
        USER,
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
    });
    expect(JSON.stringify(sent['tools'])).toContain(
      '"parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}}',
    );
    expect(JSON.stringify(sent['contents'])).toContain('{"functionCall":{"name":"sql","args":{"input":"select"}}}');
  });

  it('of the deprecated kind are sent as any other', () => {
    const sent = body({
      functions: [{ name: 'f', parameters: PARAMETERS }],
      function_call: { name: 'f' },
      messages: [
        USER,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":"b"}' } },
        { role: 'function', name: 'f', content: 'r' },
      ],
    });
    expect(sent).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: PARAMETERS }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      contents: [
        {},
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 'b' } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'r' } } }] },
      ],
    });
  });

  it('search the web', () => {
    const made = exchange({
      web_search_options: { search_context_size: 'low', user_location: { type: 'approximate' } },
    });
    expect(asJson(made.body)['tools']).toEqual([{ googleSearch: {} }]);
    expect(made.dropped).toEqual(['web_search_options.search_context_size', 'web_search_options.user_location']);
    expect(
      body({ web_search_options: {}, tools: [TOOL] }, { traits: { searchWithTools: true } })['tools'],
    ).toHaveLength(2);
  });

  const choices: [what: string, choice: unknown, sent: unknown, given?: Given][] = [
    ['auto', 'auto', undefined],
    ['none', 'none', { mode: 'NONE' }],
    ['a custom tool', { type: 'custom', custom: { name: 'c' } }, { mode: 'ANY', allowedFunctionNames: ['c'] }],
    ['no tool of a list', { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }, { mode: 'NONE' }],
  ];
  it.each(choices)('are chosen: %s', (_what, tool_choice, sent, given) => {
    const made = body({ tools: [TOOL, { type: 'custom', custom: { name: 'c' } }], tool_choice }, given);
    const { functionCallingConfig } = (made['toolConfig'] ?? {}) as JsonObject;
    expect(functionCallingConfig).toEqual(sent);
  });

  it('are cut down to the allowed ones for models without that mode', () => {
    const tool_choice = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', name: 'g' }] },
    };
    const made = body(
      { tools: [TOOL, { type: 'function', function: { name: 'g' } }], tool_choice },
      { model: 'gemini-2.0-flash' },
    );
    expect(made['tools']).toEqual([{ functionDeclarations: [{ name: 'g' }] }]);
    expect(made['toolConfig']).toBeUndefined();
  });

  const wrong: [request: JsonObject, param: string, given?: Given][] = [
    [{ tools: [TOOL], tool_choice: { type: 'function', function: { name: 'g' } } }, 'tool_choice'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [
      { tools: [TOOL], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } } },
      'tool_choice',
    ],
    [
      { tools: [{ type: 'custom', custom: { name: 'c', format: { type: 'grammar', grammar: {} } } }] },
      'tools[0].custom.format',
    ],
    [{ tools: [TOOL, { type: 'web_search' }] }, 'tools[1]'],
    [{ tools: [TOOL], web_search_options: {} }, 'web_search_options'],
    [{ tools: [TOOL], response_format: { type: 'json_object' } }, 'response_format'],
    [{ functions: [{ name: 'f', parameters: { type: 'string' } }] }, 'functions[0].parameters'],
    [{ functions: [{}] }, 'functions[0].name'],
  ];
  it.each(wrong)('%j is refused', (request, param, given) => {
    expect(refused(request, given)).toBe(param);
  });

  it('and structured output go together from Gemini 3 on', () => {
    const sent = body({ tools: [TOOL], response_format: { type: 'json_object' } }, { model: 'gemini-3-flash' });
    expect(sent['generationConfig']).toEqual({ responseMimeType: 'application/json' });
  });
});

describe('generationConfig', () => {
  const cases: [request: JsonObject, sent: unknown, dropped?: string[], given?: Given][] = [
    [
      {
        temperature: null,
        stop: [],
        n: 1,
        modalities: ['text'],
        frequency_penalty: 0,
        logprobs: false,
        logit_bias: {},
      },
      undefined,
      [],
    ],
    [{ temperature: 0, top_p: 0 }, { temperature: 0, topP: 0 }, []],
    [{ max_completion_tokens: 5, max_tokens: 9 }, { maxOutputTokens: 5 }, ['max_tokens']],
    [{ max_completion_tokens: 5, max_tokens: 5 }, { maxOutputTokens: 5 }, []],
    [{ stop: ['', 'x'] }, { stopSequences: ['x'] }],
    [{ stop: 'x' }, { stopSequences: ['x'] }],
    [{ seed: 2 ** 31 - 1 }, { seed: 2 ** 31 - 1 }, []],
    [{ seed: -(2 ** 31) }, { seed: -(2 ** 31) }, []],
    [{ seed: 2 ** 31 }, undefined, ['seed']],
    [{ presence_penalty: 1 }, undefined, ['presence_penalty'], { traits: { penalties: false } }],
    [{ logprobs: true, top_logprobs: 2 }, undefined, ['logprobs', 'top_logprobs'], { traits: { logprobs: false } }],
    [{ top_logprobs: 2 }, undefined, ['top_logprobs']],
    [{ logprobs: true }, { responseLogprobs: true }, []],
    [
      {
        min_p: 0.1,
        top_a: 0.1,
        repetition_penalty: 1,
        prediction: {},
        verbosity: 'low',
        logit_bias: { 1: 2 },
        parallel_tool_calls: false,
      },
      undefined,
      ['logit_bias', 'min_p', 'parallel_tool_calls', 'prediction', 'repetition_penalty', 'top_a', 'verbosity'],
    ],
    [{ modalities: ['image'] }, { responseModalities: ['IMAGE'] }],
    [{ response_format: { type: 'text' } }, undefined],
    [{ response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      { responseMimeType: 'application/json' },
    ],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'x', schema: { type: 'array', items: { const: 'a' } } },
        },
      },
      {
        responseMimeType: 'application/json',
        responseSchema: { type: 'ARRAY', items: { type: 'STRING', enum: ['a'] } },
      },
      [],
      { model: 'gemini-2.0-flash' },
    ],
  ];
  it.each(cases)('%j', (request, sent, dropped, given) => {
    expect(config(request, given)).toEqual(sent);
    if (dropped !== undefined) expect(exchange(request, given).dropped.toSorted()).toEqual(dropped);
  });

  const wrong: [request: JsonObject, param: string, given?: Given][] = [
    [{ n: 9 }, 'n'],
    [{ n: 2 }, 'n', { traits: { maxCandidates: 1 } }],
    [{ stop: ['1', '2', '3', '4', '5', '6'] }, 'stop'],
    [{ modalities: ['text', 'audio'], audio: { voice: 'x', format: 'mp3' } }, 'modalities'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { $ref: 'https://x.example' } } } },
      'response_format.json_schema.schema',
    ],
  ];
  it.each(wrong)('%j is refused', (request, param, given) => {
    expect(refused(request, given)).toBe(param);
  });
});

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

  it('is refused where two members ask for different efforts', () => {
    expect(refused({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).toBe('reasoning_effort');
  });
});

describe('the rest of the body', () => {
  it.each([
    ['auto', undefined, []],
    ['default', 'standard', []],
    ['flex', 'flex', []],
    ['priority', 'priority', []],
    ['scale', undefined, ['service_tier']],
  ])('service tier %s', (service_tier, sent, dropped) => {
    const made = exchange({ service_tier });
    expect(asJson(made.body)['serviceTier']).toBe(sent);
    expect(made.dropped).toEqual(dropped);
  });

  it.each([
    [{ team: 'a-1' }, 'vertex', { team: 'a-1' }, []],
    [{ Team: 'x' }, 'vertex', undefined, ['metadata']],
    [{ team: 'With space' }, 'vertex', undefined, ['metadata']],
    [{ team: 'a' }, 'aistudio', undefined, ['metadata']],
    [{}, 'aistudio', undefined, []],
  ] as const)('metadata %j on %s', (metadata, door, sent, dropped) => {
    const made = exchange({ metadata }, { door });
    expect(asJson(made.body)['labels']).toEqual(sent);
    expect(made.dropped).toEqual(dropped);
  });

  it('holds nothing of the members that mean nothing to Gemini', () => {
    const sent = body({
      user: 'u',
      store: true,
      stream: false,
      stream_options: {},
      safety_identifier: 's',
      prompt_cache_key: 'k',
      unheard_of: { any: 'thing' },
    });
    expect(sent).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] });
  });
});
