import assert from 'node:assert/strict';
import type { ChatCompletion, ChatRequest } from '../chat/types.js';
import type { WireFormat, UpstreamErrorBody } from '../contracts/wire-format.js';
import { deepFreeze, type ContractTest } from './contract-test.js';
import { asJson, checkHeaders, JUNK, readOrRefuse, type StreamFixture } from './contract-values.js';
import { exchangeCases, type ExchangeFixture } from './exchange-cases.js';

/** Recorded examples of one wire format, with what they mean. Members that are not given are not tested. */
export interface ProviderFixtures {
  /** Requests, and the bodies that must be sent upstream. */
  readonly requests?: readonly { readonly request: ChatRequest; readonly sends: unknown }[] | undefined;
  /** Whole responses, and the `chat.completion` they mean. */
  readonly completions?: readonly { readonly body: unknown; readonly means: ChatCompletion }[] | undefined;
  /** Streams, and the chunks they mean. */
  readonly streams?: readonly StreamFixture[] | undefined;
  /** For a format that translates: requests, what is sent for them, and how responses to them are read. */
  readonly exchanges?: readonly ExchangeFixture[] | undefined;
  /** Error bodies, and what they mean. */
  readonly errors?: readonly { readonly body: unknown; readonly means: UpstreamErrorBody }[] | undefined;
}

/**
 * Declares the tests that every wire format must pass: it is pure, it reads its own recordings, and it tolerates unknown
 * members and events.
 *
 * @example
 * providerContract(test, anthropic, { completions: [{ body: recorded, means: expected }] });
 */
export function providerContract(test: ContractTest, provider: WireFormat, fixtures: ProviderFixtures): void {
  const declare = (name: string, run: () => void): unknown => test(`${provider.name} ${name}`, async () => run());

  declare('has a path', () => {
    assert.match(provider.name, /^[a-z0-9][a-z0-9._-]*$/, 'a short lower-case name');
    const isDynamic = provider.exchange !== undefined || provider.pathFor !== undefined;
    if (!isDynamic || provider.path !== '')
      assert.match(provider.path, /^\/[^?#]*$/, 'a path that can be appended to a base URL');
  });

  declare('adds headers, but no credentials', () => {
    checkHeaders(provider.headers);
  });

  for (const { request, sends } of fixtures.requests ?? []) {
    declare(`encodes a request for ${String(request.model)}`, () => {
      const encoded = provider.encodeRequest?.(deepFreeze(structuredClone(request))) ?? request;
      assert.deepEqual(asJson(encoded), asJson(sends));
    });
  }
  for (const { body, means } of fixtures.completions ?? [])
    declare('reads a whole response', () => readsWholeResponse(provider, body, means));
  for (const fixture of fixtures.streams ?? []) declare('reads a stream', () => readsStream(provider, fixture));
  for (const { body, means } of fixtures.errors ?? []) {
    declare('reads an error', () => assert.deepEqual(provider.decodeError?.(deepFreeze(structuredClone(body))), means));
  }

  if (provider.exchange !== undefined) exchangeCases(declare, provider, fixtures.exchanges ?? []);

  declare('does not take junk for a response', () => {
    const decode = provider.decodeCompletion?.bind(provider);
    if (decode === undefined) return;
    for (const junk of JUNK) {
      const completion = readOrRefuse(decode, junk);
      if (completion !== undefined)
        assert.deepEqual(completion.choices, [], `a response was read from ${JSON.stringify(junk)}`);
    }
  });

  declare('does not take junk for an error', () => {
    for (const junk of JUNK) {
      const read = provider.decodeError?.(junk);
      // A text may itself be the message.
      if (read !== undefined) assert.equal(read.message, junk, JSON.stringify(junk));
    }
  });

  declare('tolerates unknown events', () => {
    const decode = provider.createChunkDecoder?.();
    if (decode === undefined) return;
    for (const event of [undefined, 'ping', 'an.event.of.next.year']) {
      assert.notEqual(decode({ event, data: '{"type":"an.event.of.next.year"}' }), 'done');
    }
  });
}

function readsWholeResponse(provider: WireFormat, body: unknown, means: ChatCompletion): void {
  const decode = provider.decodeCompletion?.bind(provider) ?? ((same: unknown) => same);
  // Frozen: a format that changes its input throws here.
  const frozen = deepFreeze(structuredClone(body));
  assert.deepEqual(decode(frozen), means);
  assert.deepEqual(decode(frozen), means, 'the same again: nothing is remembered');
  if (typeof body !== 'object' || body === null) return;
  assert.ok(decode({ ...body, member_of_next_year: { any: ['thing'] } }), 'a member that is new does no harm');
}

function readsStream(provider: WireFormat, { events, means, done }: StreamFixture): void {
  const create = provider.createChunkDecoder?.bind(provider);
  if (create === undefined) return;
  const [first, second] = [create(), create()];
  // Two streams in turn, event by event: they must not share state.
  const results = events.map((event) => [first(event), second(event)] as const);
  for (const side of [0, 1] as const) {
    const outputs = results.map((pair) => pair[side]);
    assert.deepEqual(
      outputs.flatMap((output) => (output === 'done' ? [] : output)),
      means,
    );
    assert.equal(outputs.at(-1) === 'done', done, done ? 'the last event ends it' : 'nothing ends it');
    assert.ok(!outputs.slice(0, -1).includes('done'), 'nothing before the last event ends it');
  }
}
