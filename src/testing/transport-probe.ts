import assert from 'node:assert/strict';
import type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamHead,
  UpstreamRequest,
  UpstreamUrl,
} from '../contracts/transport.js';
import { eventually } from './contract-test.js';
import type { FakeUpstream } from './fake-upstream.js';

/** @internal The transport and the upstream of one case, both created for it and closed after it. */
export interface TransportBench {
  readonly upstream: FakeUpstream;
  readonly transport: Transport;
  /** Milliseconds in which an aborted call must have closed its socket. */
  readonly abortMs: number;
}

/** @internal One test of a transport. */
export type TransportCase = readonly [name: string, run: (bench: TransportBench) => Promise<void>];

/** @internal A call and its events, in order. */
export interface ProbedCall extends UpstreamCall {
  readonly events: readonly ('connected' | 'head' | 'failure')[];
  /** The head; rejects where the call failed. */
  head(): Promise<UpstreamHead>;
  /** The failure; rejects where the call did not fail. */
  failure(): Promise<TransportFailure>;
  /** Which of the two occurred. */
  settled(): Promise<'head' | 'failure'>;
}

/** @internal Opens a call and records its events. */
export function probe(transport: Transport, request: UpstreamRequest): ProbedCall {
  const events: ('connected' | 'head' | 'failure')[] = [];
  let head: UpstreamHead | undefined;
  let failure: TransportFailure | undefined;
  const call = transport.open(request, {
    onConnected: () => events.push('connected'),
    onHead(arrived) {
      events.push('head');
      head = arrived;
      // A body that fails before the test reads it must not be an uncaught error.
      arrived.message.on('error', () => {});
    },
    onFailure(arrived) {
      events.push('failure');
      failure = arrived;
    },
  });
  assert.ok(!events.includes('head') && !events.includes('failure'), 'nothing is settled from within open()');

  const settled = async (): Promise<'head' | 'failure'> => {
    await eventually('neither onHead nor onFailure was called', () => head !== undefined || failure !== undefined);
    return head === undefined ? 'failure' : 'head';
  };
  return {
    events,
    settled,
    async head() {
      await settled();
      if (head === undefined) throw new Error('onFailure instead of onHead', { cause: failure?.error });
      return head;
    },
    async failure() {
      await settled();
      assert.ok(failure, 'onHead instead of onFailure');
      return failure;
    },
    abort: () => call.abort(),
  };
}

/** @internal A request for `upstream`, as a gateway would send it. */
export function requestTo(upstream: FakeUpstream, changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const body = changes.body ?? Buffer.from('{"model":"fake-model","messages":[]}');
  return {
    url: urlOf(upstream, '/v1/chat/completions'),
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      accept: 'application/json',
      'x-request-id': 'req_1',
    },
    body,
    fresh: false,
    pool: 'one',
    ...changes,
  };
}

function urlOf(upstream: FakeUpstream, path: string): UpstreamUrl {
  return { origin: upstream.origin, protocol: 'http:', hostname: '127.0.0.1', port: String(upstream.port), path };
}

/** @internal A received body, and whether the transport reports it as complete. */
export interface ReadBody {
  readonly text: string;
  readonly complete: boolean;
}

/** @internal Reads a body to its end or to its failure. */
export function readBody({ message }: UpstreamHead): Promise<ReadBody> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const finish = (): void => resolve({ text: Buffer.concat(pieces).toString(), complete: message.complete });
    // The body may have failed before it is read.
    if (message.closed) finish();
    message.on('data', (bytes: Buffer) => pieces.push(bytes));
    message.on('end', finish);
    message.on('close', finish);
  });
}

/** @internal Sends a request and reads the response, so that its connection is free again. */
export async function exchange(bench: TransportBench, changes: Partial<UpstreamRequest> = {}): Promise<ReadBody> {
  const call = probe(bench.transport, requestTo(bench.upstream, changes));
  const body = await readBody(await call.head());
  await eventually('no connection became idle', () => bench.transport.sockets().active === 0);
  return body;
}

/** @internal Waits until the upstream has no connection left. */
export async function allClosed({ upstream }: Pick<TransportBench, 'upstream'>): Promise<void> {
  await eventually('every connection closed', () => upstream.connections === 0);
}
