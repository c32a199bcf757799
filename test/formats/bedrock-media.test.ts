import { describe, expect, it } from 'vitest';
import {
  claude,
  weather,
  call,
  calls,
  result,
  user,
  send,
  refusedParam,
  blocks,
  part,
  image,
  file,
  text,
} from './bedrock-send.js';

describe('media', () => {
  it.each([
    ['data:image/png;base64,iVBORw0KGgo=', 'png'],
    ['data:image/jpg;base64,/9j/4A==', 'jpeg'],
    ['data:image/*;base64,R0lGODlh', 'gif'],
    ['data:image/png;base64,/9j/4A==', 'jpeg'],
    ['data:;base64,UklGRgAAAABXRUJQ', 'webp'],
    ['data:IMAGE/PNG;base64,iVBO\nRw0K Ggo=', 'png'],
  ])('%s is an image of the format %s', (url, format_) => {
    expect(blocks([user([image(url)])])).toMatchObject([{ image: { format: format_ } }]);
  });

  it('base64 is written as AWS reads it', () => {
    expect(blocks([user([image('data:image/jpeg;base64,_9j_4A')])])).toEqual([
      { image: { format: 'jpeg', source: { bytes: '/9j/4A==' } } },
    ]);
  });

  it.each([
    'https://a.example/b.png',
    'http://a.example/b.png',
    'data:image/svg+xml;base64,PHN2Zz4=',
    'data:image/png;base64,',
    'data:image/png;base64,***',
    'data:image/png;base64,AAAAA',
    'data:,x',
  ])('%s is refused', (url) =>
    expect(refusedParam([user([text, image(url)])])).toBe('messages[0].content[1].image_url.url'),
  );

  it('of S3 is sent as its address', () => {
    expect(blocks([user([image('s3://bucket/a.PNG')])])).toEqual([
      { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/a.PNG' } } } },
    ]);
    expect(blocks([user([file({ file_id: 's3://bucket/re_port.pdf' }), text])])[0]).toEqual({
      document: { format: 'pdf', name: 're port', source: { s3Location: { uri: 's3://bucket/re_port.pdf' } } },
    });
  });

  it('reports a detail that it cannot express', () => {
    const url = 'data:image/jpeg;base64,/9j/4A==';
    expect(send([user([image(url, { detail: 'high' })])]).dropped).toEqual(['messages[0].content[0].image_url.detail']);
    expect(send([user([image(url, { detail: 'auto' })])]).dropped).toEqual([]);
  });

  it.each([
    [
      { filename: 'a.csv', file_data: 'data:text/plain;base64,YQ==' },
      { format: 'csv', name: 'a' },
    ],
    [
      { filename: 'a', file_data: 'data:text/plain;base64,YQ==' },
      { format: 'txt', name: 'a' },
    ],
    [{ file_data: 'JVBERi0=' }, { format: 'pdf', name: 'document' }],
    [
      { filename: '.._#.docx', file_data: 'YQ==' },
      { format: 'docx', name: 'document' },
    ],
    [
      { filename: 'a  b\t(1)[2]-c.md', file_data: 'data:text/markdown;base64,YQ==' },
      { format: 'md', name: 'a b (1)[2]-c' },
    ],
  ])('%j is a document', (members, document) =>
    expect(blocks([user([file(members), text])])).toMatchObject([{ document }, { text: 'What?' }]),
  );

  it.each([
    [file({ file_id: 'file-abc' }), 'messages[0].content[0].file.file_id'],
    [file({}), 'messages[0].content[0].file'],
    [file({ file_data: 'https://a.example/b.pdf' }), 'messages[0].content[0].file.file_data'],
    [file({ file_data: 'data:application/zip;base64,UEs=' }), 'messages[0].content[0].file.file_data'],
    [part('input_audio', { data: 'YQ==', format: 'midi' }), 'messages[0].content[0].input_audio.format'],
    [part('input_audio', { data: '*', format: 'wav' }), 'messages[0].content[0].input_audio.data'],
    [part('video_url', { url: 'https://a.example/b.mp4' }), 'messages[0].content[0].video_url.url'],
    [part('hologram', {}), 'messages[0].content[0]'],
  ])('%j is refused', (unsupported, param) => expect(refusedParam([user([unsupported, text])])).toBe(param));

  it('of other kinds are blocks of their own', () => {
    expect(blocks([user([part('input_audio', { data: 'YQ==', format: 'WAV' })])])).toEqual([
      { audio: { format: 'wav', source: { bytes: 'YQ==' } } },
    ]);
    expect(blocks([user([part('video_url', { url: 'data:video/mp4;base64,YQ==' })])])).toEqual([
      { video: { format: 'mp4', source: { bytes: 'YQ==' } } },
    ]);
    expect(blocks([user([file({ file_data: 'data:image/png;base64,iVBORw0=' })])])).toMatchObject([
      { image: { format: 'png' } },
    ]);
  });

  it('may have its text in another part of the same turn', () => {
    const document = file({ filename: 'a.pdf', file_data: 'JVBERi0=' });
    expect(refusedParam([user([document]), user('Sum it up')])).toBeUndefined();
    expect(refusedParam([user('1'), { role: 'assistant', content: '2' }, user([document])])).toBe(
      'messages[2].content',
    );
  });
});

describe('cache points', () => {
  const marked = (value: string, more: object = {}) => ({
    type: 'text',
    text: value,
    cache_control: { type: 'ephemeral', ...more },
  });
  const caching = { ...claude, promptCaching: true };
  const count = (value: unknown) => JSON.stringify(value).split('"cachePoint"').length - 1;

  it('never reach a model that does not know them', () => {
    const { body } = send([{ role: 'system', content: [marked('S')] }, user([marked('U')])], {
      tools: [{ ...weather, cache_control: { type: 'ephemeral' } }],
      cache_control: { type: 'ephemeral' },
    });
    expect(count(body)).toBe(0);
  });

  it('stand behind tools, messages, results and the whole', () => {
    const tools = [{ ...weather, cache_control: { type: 'ephemeral' } }, weather];
    const messages = [
      { ...user('1'), cache_control: { type: 'ephemeral', ttl: '5m' } },
      calls(call('a')),
      result('a', [marked('r')]),
    ];
    const { body } = send(messages, { tools, cache_control: { type: 'ephemeral' } }, caching);
    expect(body.toolConfig!.tools[1]).toEqual({ cachePoint: { type: 'default' } });
    expect(body.messages[0]!.content[1]).toEqual({ cachePoint: { type: 'default', ttl: '5m' } });
    expect(body.messages[2]!.content).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'r' }] } },
      { cachePoint: { type: 'default' } },
    ]);
  });

  it('are four at most: the latest of the messages', () => {
    const messages = ['1', '2', '3', '4', '5'].flatMap((value) => [
      user([marked(value)]),
      { role: 'assistant', content: 'ok' },
    ]);
    const { body } = send([{ role: 'system', content: [marked('S')] }, ...messages, user('end')], {}, caching);
    expect(count(body)).toBe(4);
    expect(body.system).toHaveLength(2);
    expect(body.messages.map(({ content }) => content.length)).toEqual([1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 1]);
  });

  it('read the newer marker, and none of a blank text', () => {
    const breakpoint = { type: 'text', text: 'U', prompt_cache_breakpoint: { mode: 'explicit' } };
    expect(blocks([user([breakpoint])], caching)).toEqual([{ text: 'U' }, { cachePoint: { type: 'default' } }]);
    expect(blocks([user([marked(' '), { type: 'text', text: 'U' }])], caching)).toEqual([{ text: 'U' }]);
  });

  it('are set by themselves with the trait auto, unless the request sets any', () => {
    const auto = { ...claude, promptCaching: 'auto' };
    const messages = [{ role: 'system', content: 'S' }, user('1')];
    const { body } = send(messages, { tools: [weather] }, auto);
    expect([body.toolConfig!.tools, body.system, body.messages[0]!.content].map(count)).toEqual([1, 1, 1]);
    expect(count(send([messages[0]!, user([marked('1')])], { tools: [weather] }, auto).body)).toBe(1);
  });
});
