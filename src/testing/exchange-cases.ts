import assert from 'node:assert/strict';
import type { ChatChunk, ChatCompletion, ChatRequest } from '../chat/types.js';
import {
  UnsupportedRequest,
  type Exchange,
  type ExchangeContext,
  type ModelFacts,
  type ResponseHead,
  type WireFormat,
} from '../contracts/wire-format.js';
import { deepFreeze } from './contract-test.js';
import { asJson, checkHeaders, JUNK, readOrRefuse, type StreamFixture } from './contract-values.js';

/** A request that a format translates, and the expected results. Members that are not given are not tested. */
export interface ExchangeFixture {
  /** The request, in OpenAI's form. */
  readonly request: ChatRequest;
  /** Name of the model. @defaultValue the request's model, without traits */
  readonly model?: Partial<ModelFacts> | undefined;
  /** The upstream request: path and query, body, headers (at least these) and the members that are left out. */
  readonly sends?:
    | {
        readonly path?: string | undefined;
        readonly headers?: Readonly<Record<string, string>> | undefined;
        readonly body?: unknown;
        readonly dropped?: readonly string[] | undefined;
      }
    | undefined;
  /** Path of the member that makes the format refuse the request. */
  readonly refused?: string | undefined;
  /** Whole responses to it, and the `chat.completion` they mean. */
  readonly completions?: readonly { readonly body: unknown; readonly means: ChatCompletion }[] | undefined;
  /** Complete streams in response to it, and the chunks they mean. */
  readonly streams?: readonly StreamFixture[] | undefined;
}

type Declare = (name: string, run: () => void) => unknown;

const HEAD: ResponseHead = Object.freeze({ status: 200, headers: Object.freeze({}) });
const PLAIN: ExchangeFixture = { request: { model: 'any-model', messages: [{ role: 'user', content: 'Hi' }] } };
/** Printable ASCII: all other characters are percent-encoded. */
const PATH = /^\/[!-"$-[\]-~]*$/;

/** Declares the tests of exchanges, in general and with `fixtures`. */
export function exchangeCases(declare: Declare, format: WireFormat, fixtures: readonly ExchangeFixture[]): void {
  for (const fixture of fixtures) {
    const title = `for ${String(fixture.request.model)}`;
    if (fixture.refused !== undefined) {
      declare(`refuses a request ${title}`, () => refuses(format, fixture));
      continue;
    }
    declare(`translates a request ${title}`, () => translates(format, fixture));
    for (const { body, means } of fixture.completions ?? [])
      declare(`reads a whole response ${title}`, () => readsCompletion(format, fixture, body, means));
    for (const stream of fixture.streams ?? [])
      declare(`reads a stream ${title}`, () => readsStream(format, fixture, stream));
  }
  declare('does not take junk for a response', () => takesNoJunk(format));
  declare('survives unknown events of its response', () => survivesUnknownEvents(format));
  declare('names the parameters that a model supports', () => namesParameters(format));
}

function exchangeOf(format: WireFormat, fixture: ExchangeFixture, more: Partial<ExchangeContext> = {}): Exchange {
  // Frozen: a format that changes its input throws here.
  const request = deepFreeze(structuredClone(fixture.request));
  return format.exchange!(request, {
    model: factsOf(fixture),
    stream: request.stream === true,
    requestId: 'request-1',
    now: 1_750_000_000,
    ...more,
  });
}

function factsOf({ request, model }: ExchangeFixture): ModelFacts {
  const facts = { upstreamModel: request.model ?? 'any-model', maxCompletionTokens: undefined, traits: {}, ...model };
  return deepFreeze(facts);
}

function translates(format: WireFormat, fixture: ExchangeFixture): void {
  const { sends = {} } = fixture;
  const exchange = exchangeOf(format, fixture);
  assert.match(exchange.path, PATH, 'a path and query that can be sent');
  assert.ok(exchange.path.startsWith(format.path), 'it begins with the path of the format');
  checkHeaders(exchange.headers);
  assert.equal(typeof exchange.body, 'object', 'a body of JSON');
  assert.deepEqual(asJson(exchange.body), asJson(exchangeOf(format, fixture).body), 'the same again');
  if (sends.path !== undefined) assert.equal(exchange.path, sends.path);
  if (sends.body !== undefined) assert.deepEqual(asJson(exchange.body), asJson(sends.body));
  if (sends.dropped !== undefined) assert.deepEqual([...exchange.dropped].sort(), [...sends.dropped].sort());
  for (const [name, value] of Object.entries(sends.headers ?? {})) assert.equal(exchange.headers?.[name], value, name);
}

function refuses(format: WireFormat, fixture: ExchangeFixture): void {
  assert.throws(
    () => exchangeOf(format, fixture),
    (error: unknown) => {
      assert.ok(error instanceof UnsupportedRequest, `an UnsupportedRequest, not ${String(error)}`);
      assert.equal(error.param, fixture.refused);
      return true;
    },
  );
}

function readsCompletion(format: WireFormat, fixture: ExchangeFixture, body: unknown, means: ChatCompletion): void {
  const exchange = exchangeOf(format, fixture);
  const frozen = deepFreeze(structuredClone(body));
  assert.deepEqual(asJson(exchange.completion(frozen, HEAD)), asJson(means));
  assert.deepEqual(asJson(exchange.completion(frozen, HEAD)), asJson(means), 'the same again: nothing is remembered');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
  assert.ok(
    exchange.completion({ ...body, member_of_next_year: { any: ['thing'] } }, HEAD),
    'a new member does no harm',
  );
}

function readsStream(format: WireFormat, fixture: ExchangeFixture, { events, means, done }: StreamFixture): void {
  // Two exchanges in turn, event by event: they must not share state.
  const decoders = [0, 1].map(() => exchangeOf(format, fixture, { stream: true }).decoder(HEAD));
  const outputs: ChatChunk[][] = [[], []];
  for (const [index, event] of events.entries()) {
    for (const [side, decoder] of decoders.entries()) {
      const output = decoder.event(event);
      const isLast = index === events.length - 1;
      if (!isLast) assert.notEqual(output, 'done', 'nothing before the last event ends it');
      if (output !== 'done') outputs[side]!.push(...output);
    }
  }
  for (const [side, decoder] of decoders.entries()) {
    outputs[side]!.push(...(decoder.end?.() ?? []));
    assert.deepEqual(asJson(outputs[side]), asJson(means));
    assert.equal(hasFinished(outputs[side]!), done, done ? 'it comes to its end' : 'nothing makes it complete');
  }
  for (let length = 0; length < events.length; length++) {
    const decoder = exchangeOf(format, fixture, { stream: true }).decoder(HEAD);
    for (const event of events.slice(0, length)) decoder.event(event);
    assert.ok(Array.isArray(decoder.end?.() ?? []), `an end after ${length} events`);
  }
}

function hasFinished(chunks: readonly ChatChunk[]): boolean {
  return chunks.some(({ choices }) => choices?.some(({ finish_reason: reason }) => typeof reason === 'string'));
}

function takesNoJunk(format: WireFormat): void {
  const exchange = exchangeOf(format, PLAIN);
  for (const junk of JUNK) {
    const completion = readOrRefuse((body) => exchange.completion(body, HEAD), junk);
    if (completion !== undefined)
      assert.deepEqual(completion.choices, [], `a response was read from ${JSON.stringify(junk)}`);
  }
}

function survivesUnknownEvents(format: WireFormat): void {
  const decoder = exchangeOf(format, PLAIN, { stream: true }).decoder(HEAD);
  for (const event of [undefined, 'ping', 'an.event.of.next.year'])
    assert.deepEqual(decoder.event({ event, data: '{"type":"an.event.of.next.year"}' }), []);
  assert.ok(!hasFinished(decoder.end?.() ?? []), 'a stream that said nothing is not complete');
}

function namesParameters(format: WireFormat): void {
  const names = format.supportedParameters?.(factsOf(PLAIN));
  for (const name of names ?? []) assert.match(name, /^[a-z_]+$/, 'the name of a request member');
}
