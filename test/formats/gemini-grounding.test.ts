import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/util/json-object.js';
import { candidate, stream, piece } from './gemini-read.js';

describe('grounding', () => {
  const request = { web_search_options: {} };
  const web = (uri: string, title?: string) => ({ web: { uri, ...(title !== undefined && { title }) } });
  const support = (segment: JsonObject, ...indices: number[]) => ({ segment, groundingChunkIndices: indices });
  const annotation = (url: string, title: string, start_index: number, end_index: number) => ({
    type: 'url_citation',
    url_citation: { url, title, start_index, end_index },
  });

  it('becomes annotations in UTF-16 units of the whole content', () => {
    const groundingMetadata = {
      groundingChunks: [web('https://a.example', 'A'), web('https://b.example'), { retrievedContext: {} }],
      groundingSupports: [
        support({ endIndex: 6, text: 'Zoë' + ' 😀'.slice(0, 1) }, 0),
        support({ partIndex: 2, startIndex: 5, endIndex: 9 }, 1, 2),
        support({ partIndex: 2, startIndex: 0, endIndex: 99 }, 0),
        support({ startIndex: 3 }, 9),
      ],
    };
    const parts = [{ text: 'Zoë 😀.' }, { text: 'thinking', thought: true }, { text: 'Now. Rome' }];
    const { message: said } = candidate({ content: { parts }, groundingMetadata }, { request });
    expect((said as JsonObject)['annotations']).toEqual([
      annotation('https://a.example', 'A', 0, 4),
      annotation('https://b.example', 'https://b.example', 12, 16),
      annotation('https://a.example', 'A', 7, 16),
    ]);
  });

  it('comes with the finish of a stream, over the text as it was sent', () => {
    const metadata = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [support({ startIndex: 2, endIndex: 5, text: 'bcd' }, 0)],
    };
    const read = stream(
      [piece([{ text: 'ä' }]), piece([{ text: 'bcd' }], { finishReason: 'STOP', groundingMetadata: metadata })],
      { request },
    );
    expect(read.completion.choices[0]?.message?.annotations).toEqual([annotation('https://a.example', 'A', 1, 4)]);
    expect(read.chunks.at(-1)?.choices?.[0]).toMatchObject({ finish_reason: 'stop', delta: { annotations: [{}] } });
  });

  it('is found by its text where the offsets do not fit', () => {
    const metadata = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [support({ startIndex: 40, endIndex: 44, text: 'Rome' }, 0)],
    };
    const choice = candidate({ content: { parts: [{ text: 'In Rome.' }] }, groundingMetadata: metadata }, { request });
    expect(choice).toMatchObject({ message: { annotations: [annotation('https://a.example', 'A', 3, 7)] } });
  });
});
