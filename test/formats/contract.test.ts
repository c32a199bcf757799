/** The contract of wire formats, on every format of this package that translates. */
import { test } from 'vitest';
import { anthropic } from '../../src/formats/anthropic/anthropic.js';
import { azure } from '../../src/formats/azure/azure.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { gemini } from '../../src/formats/gemini/gemini.js';
import { providerContract, type ExchangeFixture } from '../../src/testing/index.js';

const messages = [{ role: 'user' as const, content: 'Hi' }];

/** A request, one that is refused, and one of which something is dropped. */
const requests = (model: string, path: string, streamPath: string, body: object): ExchangeFixture[] => [
  { request: { model, messages }, sends: { path, body, dropped: [] } },
  { request: { model, messages, stream: true }, sends: { path: streamPath } },
  { request: { model, messages, logit_bias: { 5: 1 } }, sends: { dropped: ['logit_bias'] } },
  {
    request: { model, messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-of-openai' } }] }] },
    refused: 'messages[0].content[0].file.file_id',
  },
];

const spoken = { role: 'user', content: [{ type: 'text', text: 'Hi' }] };
const claude = { max_tokens: 4_096, messages: [spoken] };

providerContract(test, anthropic(), {
  exchanges: requests('claude-sonnet-4-5', '/v1/messages', '/v1/messages', { model: 'claude-sonnet-4-5', ...claude }),
});

providerContract(test, anthropic({ door: 'vertex' }), {
  exchanges: requests(
    'claude-sonnet-4-5',
    '/publishers/anthropic/models/claude-sonnet-4-5:rawPredict',
    '/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict',
    { anthropic_version: 'vertex-2023-10-16', ...claude },
  ),
});

providerContract(test, anthropic({ door: 'bedrock' }), {
  exchanges: requests(
    'anthropic.claude-sonnet-4-5-v1:0',
    '/model/anthropic.claude-sonnet-4-5-v1%3A0/invoke',
    '/model/anthropic.claude-sonnet-4-5-v1%3A0/invoke-with-response-stream',
    { anthropic_version: 'bedrock-2023-05-31', ...claude },
  ),
});

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];

providerContract(test, gemini(), {
  exchanges: requests(
    'gemini-2.5-flash',
    '/v1beta/models/gemini-2.5-flash:generateContent',
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    { contents },
  ),
});

const vertex = '/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash';

providerContract(test, gemini({ door: 'vertex', project: 'p' }), {
  exchanges: requests('gemini-2.5-flash', `${vertex}:generateContent`, `${vertex}:streamGenerateContent?alt=sse`, {
    contents,
  }),
});

providerContract(test, bedrock(), {
  exchanges: requests(
    'amazon.nova-pro-v1:0',
    '/model/amazon.nova-pro-v1%3A0/converse',
    '/model/amazon.nova-pro-v1%3A0/converse-stream',
    {
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
    },
  ),
});

providerContract(test, azure(), {});
