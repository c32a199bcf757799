import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/index.js';
import type { ResponseSink } from '../../src/contracts/sink.js';
import type { GatewayError } from '../../src/errors/gateway-error.js';
import { ResponseWatch } from '../../src/observe/response-watch.js';
import { TapSink, type TapListener } from '../../src/observe/tap-sink.js';
import type { RequestContext } from '../../src/request/context.js';
import { FakeClock } from '../support/fake-clock.js';

const HEAD = { status: 200, headers: {} };
const endpoint = (slug: string) => ({ slug, model: 'm', provider: { slug } }) as unknown as Endpoint;

function sinkThatRecords() {
  const seen: unknown[] = [];
  const sink: ResponseSink = {
    json: (_head, body) => void seen.push(body),
    open: () => void seen.push('open'),
    event: (payload) => {
      seen.push(payload);
      return payload !== 'full';
    },
    onDrain: (resume) => resume(),
    done: () => void seen.push('done'),
    fail: (error) => void seen.push(error),
  };
  return { sink, seen };
}

function watched(served: string | undefined, state: { coalesced?: boolean; callerKey?: boolean } = {}) {
  const clock = new FakeClock();
  const intervals: [string, number][] = [];
  const watch = new ResponseWatch({
    clock,
    onChunkInterval: ({ slug }, seconds) => void intervals.push([slug, seconds]),
    collectBytes: undefined,
  });
  const { sink, seen } = sinkThatRecords();
  const context = {
    sink,
    coalesced: state.coalesced ?? false,
    served:
      served === undefined ? undefined : { provider: served, model: 'm', slug: served, callerKey: state.callerKey },
  } as unknown as RequestContext;
  watch.requestBegan(context);
  return { clock, intervals, watch, context, seen };
}

describe('the time between chunks', () => {
  it('is measured from each chunk to the next, for the endpoint that served', () => {
    const { clock, intervals, watch, context } = watched('b');
    watch.attemptBegan(context, endpoint('a'));
    watch.attemptBegan(context, endpoint('b'));
    context.sink.open(HEAD);
    clock.advance(500);
    context.sink.event('{"id":"1"}');
    clock.advance(250);
    context.sink.event('{}');
    clock.advance(40);
    context.sink.event('{}');
    context.sink.done();
    expect(intervals).toEqual([
      ['b', 0.25],
      ['b', 0.04],
    ]);
  });

  it.each<[string, string | undefined, Parameters<typeof watched>[1]]>([
    ['a cache hit', 'b', {}],
    ['a shared call', 'a', { coalesced: true }],
    ['a caller’s own key', 'a', { callerKey: true }],
    ['nothing that was served', undefined, {}],
  ])('is not measured for %s', (_, served, state) => {
    const { clock, intervals, watch, context, seen } = watched(served, state);
    watch.attemptBegan(context, endpoint('a'));
    context.sink.open(HEAD);
    for (let chunk = 0; chunk < 3; chunk++) {
      context.sink.event('{}');
      clock.advance(10);
    }
    expect(intervals).toEqual([]);
    expect(seen).toHaveLength(4);
  });
});

describe('the id of a response', () => {
  it.each<[string, string[], string | undefined]>([
    [
      'is that of the first chunk that has one',
      ['{"id":""}', '{"id":"chatcmpl-1","model":"m-1"}', '{"id":"2"}'],
      'chatcmpl-1',
    ],
    ['is not looked for in every chunk', ['{}', '{}', '{}', '{"id":"late"}'], undefined],
    ['is no long text', [`{"id":"${'x'.repeat(257)}"}`], undefined],
    ['is nothing where chunks are no JSON', ['not json', '[1]'], undefined],
  ])('%s', (_, payloads, id) => {
    const { watch, context } = watched('a');
    context.sink.open(HEAD);
    for (const payload of payloads) context.sink.event(payload);
    expect(watch.of(context)?.responseId).toBe(id);
  });

  it('is read from a whole completion', () => {
    const { watch, context } = watched('a');
    context.sink.json(HEAD, Buffer.from('{"id":"chatcmpl-1","model":"m-1"}'));
    expect(watch.of(context)).toMatchObject({ responseId: 'chatcmpl-1', responseModel: 'm-1' });
  });
});

describe('TapSink', () => {
  const failure = new Error('server_shutdown') as GatewayError;

  it('passes everything on, in order, back pressure included', () => {
    const { sink, seen } = sinkThatRecords();
    const shown: string[] = [];
    const listener: TapListener = {
      began: () => void shown.push('began'),
      chunk: (payload) => void shown.push(payload),
      whole: () => void shown.push('whole'),
      done: () => void shown.push('done'),
    };
    const tap = new TapSink(sink, listener);
    tap.open(HEAD);
    expect([tap.event('a'), tap.event('full')]).toEqual([true, false]);
    let resumed = 0;
    tap.onDrain(() => resumed++);
    tap.done();
    tap.fail(failure);
    tap.json({ status: 500, headers: {} }, 'error');
    expect(seen).toEqual(['open', 'a', 'full', 'done', failure, 'error']);
    expect(shown).toEqual(['began', 'a', 'full', 'done']);
    expect(resumed).toBe(1);
  });

  it('does not let a listener that throws reach the client, and calls it no more', () => {
    const { sink, seen } = sinkThatRecords();
    let calls = 0;
    const fail = (): never => {
      calls++;
      throw new Error('listener');
    };
    const tap = new TapSink(sink, { began: fail, chunk: fail, whole: fail, done: fail });
    tap.open(HEAD);
    tap.event('a');
    tap.done();
    expect(seen).toEqual(['open', 'a', 'done']);
    expect(calls).toBe(1);
  });
});
