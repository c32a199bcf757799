import { once } from 'node:events';
import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '../../src/contracts/wire-format.js';
import { bedrock } from '../../src/formats/bedrock/bedrock.js';
import { AwsEventStreamReader } from '../../src/frames/aws-event-stream.js';
import { awsEventStream, converseBody, converseFrames } from '../../src/testing/aws-responses.js';
import { awsFaults } from '../../src/testing/aws-faults.js';
import { fakeUpstream, json, type FakeUpstream, type Script } from '../../src/testing/index.js';
import { exchangeFor, OK, readStream } from '../formats/bedrock-cases.js';

const format = bedrock();
const exchange = exchangeFor(format, { model: { upstreamModel: 'amazon.nova-pro-v1:0', traits: {} }, stream: true });

let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await fakeUpstream();
});

afterEach(() => upstream.close());

/** The response to one request, and the bytes of its body as the sockets cut them. */
async function post(script: Script): Promise<{ type: string | undefined; pieces: Buffer[] }> {
  upstream.enqueue(script);
  const request = http.request(`${upstream.baseUrl}${exchange.path}`, { method: 'POST' });
  request.end(JSON.stringify(exchange.body));
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { type: response.headers['content-type'], pieces };
}

async function stream(script: Script) {
  const { type, pieces } = await post(script);
  expect(type).toBe('application/vnd.amazon.eventstream');
  const events: UpstreamEvent[] = [];
  let failure: string | undefined;
  const reader = new AwsEventStreamReader({
    maxFrameLength: 1024 * 1024,
    onEvent: (event) => events.push(event),
    onOverflow: () => (failure = 'overflow'),
    onCorrupt: (reason) => (failure = reason),
  });
  for (const piece of pieces) reader.feed(piece);
  reader.end();
  const read = readStream(exchange, events, format);
  return { ...read, failure, complete: read.complete && failure === undefined };
}

describe('a scripted Bedrock', () => {
  it('streams a response in frames', async () => {
    expect(await stream(awsEventStream(converseFrames('Hello there, you.')))).toMatchObject({
      complete: true,
      message: { content: 'Hello there, you.' },
      finish_reason: 'stop',
      usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
    });
  });

  it('sends a whole response', async () => {
    const { pieces } = await post(json(converseBody('Hello.')));
    const body: unknown = JSON.parse(Buffer.concat(pieces).toString());
    expect(exchange.completion(body, OK).choices[0]!.message!.content).toBe('Hello.');
  });
});

describe('faults', () => {
  it.each(Object.entries(awsFaults))('%s', async (_, { script, expect: expected }) => {
    const read = await stream(script);
    expect(read.complete).toBe(expected === 'response');
    if (expected === 'next') expect(read.message).toBeUndefined();
    else expect(read.message).toMatchObject({ content: expect.stringMatching(/^(Half|All)/) as string });
  });

  it('distinguish damaged bytes from a response that just ends', async () => {
    const failures: (string | undefined)[] = [];
    for (const name of [
      'cutFrame',
      'cutAfterStop',
      'badMessageCrc',
      'badPreludeCrc',
      'oversizedFrame',
      'noMessageStop',
    ] as const) {
      failures.push((await stream(awsFaults[name].script)).failure);
    }
    expect(failures).toEqual(['cut frame', 'cut frame', 'message checksum', 'prelude checksum', 'overflow', undefined]);
  });
});
