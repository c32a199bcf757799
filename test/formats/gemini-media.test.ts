import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { PNG, type Given, exchange, parts, refused } from './gemini-given.js';

describe('media', () => {
  const image = (url: string, more: JsonObject = {}) => [{ type: 'image_url', image_url: { url, ...more } }];
  const inline = (mimeType: string, data: string) => [{ inlineData: { mimeType, data } }];

  const taken: [what: string, content: JsonObject[], sent: unknown, given?: Given][] = [
    ['a type written otherwise', image('data:image/jpg;base64,AAAA'), inline('image/jpeg', 'AAAA')],
    ['a type with parameters', image('data:image/PNG;charset=x;base64,AAAA'), inline('image/png', 'AAAA')],
    ['a type without a subtype', image(`data:image/*;base64,${PNG}`), inline('image/png', PNG)],
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
      { model: 'gemini-3-flash-preview' },
    ],
    ['an automatic resolution', image(`data:;base64,${PNG}`, { detail: 'auto' }), inline('image/png', PNG)],
  ];
  it.each(taken)('accepts %s', (_what, content, sent, given) => {
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

  it.each([
    { model: 'gemini-2.5-flash' },
    { model: 'gemini-2.0-flash' },
    { model: 'gemma-3-27b-it' },
    { model: 'gemini-3-pro', traits: { mediaResolution: false } },
  ])('reports a resolution that the model does not take: %j', (given) => {
    const content = image(`data:;base64,${PNG}`, { detail: 'high' });
    const made = exchange({ messages: [{ role: 'user', content }] }, given);
    expect(made.dropped).toEqual(['messages[0].content[0].image_url.detail']);
    expect(JSON.stringify(made.body)).not.toContain('mediaResolution');
  });
});
