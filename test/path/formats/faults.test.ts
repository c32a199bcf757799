import { describe, expect, it } from 'vitest';
import {
  anthropicFaults,
  anthropicReply,
  awsFaults,
  chat,
  faults,
  geminiFaults,
  type Fault,
} from '../../../src/testing/index.js';
import { readResponse } from '../../support/client-view.js';
import { gatewayOver, upstreamFor } from '../fixtures.js';
import { NATIVE, providerAt, type Wire } from './wires.js';

const SHORT = { connectMs: 150, headersMs: 300, firstChunkMs: 300, idleMs: 150, totalMs: 10_000 };

const wire = (name: string): Wire => NATIVE.find((one) => one.name === name)!;

/** Faults as one API sends them, and the wires that speak it. */
const TABLES: readonly (readonly [wire: Wire, faults: Readonly<Record<string, Fault>>])[] = [
  [wire('anthropic'), anthropicFaults],
  [wire('anthropic-vertex'), anthropicFaults],
  [wire('gemini'), geminiFaults],
  [wire('vertex'), geminiFaults],
];

/** Of the faults that are no completions, so that they are the same in every language. */
const COMMON =
  /^(reset(OnConnect|BeforeHead|AfterHead)|closeBeforeHead|hang(OnConnect|BeforeHead|AfterHead)|respondsEarly|rateLimited.*|quotaExhausted|serverError.*|badGateway|unavailable|gatewayTimeout|overloaded|badRequest|contextTooLong|unsupportedParameter|tooLarge|unprocessable|badKey|paymentRequired|forbidden|moderated|modelMissing|requestTimeout|conflict|tooEarly|noContent|oddSuccess|redirect|errorInSuccess|brokenJson|cutJson|cutChunk|badChunkSize|shortBody|htmlPage|emptyBody|compressed|switchingProtocols|endlessLine)$/;

async function through(one: Wire, { script }: Fault, stream: boolean) {
  const broken = await upstreamFor(script);
  const spare = await upstreamFor(chat('From the spare.'));
  const { post, gateway } = await gatewayOver([broken, spare], {
    providers: { p0: providerAt(broken, one), p1: { baseUrl: spare.baseUrl, models: ['m'] } },
    timeouts: SHORT,
    maxAttempts: 3,
  });
  const view = await readResponse(await post({ stream }), stream);
  // Nothing stays open behind it.
  await expect.poll(() => gateway.status().inFlight).toBe(0);
  return { view, spare, broken };
}

async function expectOutcome(one: Wire, fault: Fault, stream: boolean): Promise<void> {
  const { view, spare } = await through(one, fault, stream);
  switch (fault.expect) {
    case 'relay':
      expect(view.status).toBeGreaterThanOrEqual(400);
      expect(view.status).toBeLessThan(500);
      expect(view.body).toMatchObject({ error: { message: expect.any(String) } });
      return expect(spare.ledger).toHaveLength(0);
    case 'response':
      expect(view).toMatchObject({ status: 200, done: true });
      expect(view.text).toMatch(/^(Said in full|All)\.$/);
      return expect(spare.ledger).toHaveLength(0);
    case 'cut':
      if (stream && spare.ledger.length === 0) {
        // What a client has seen of it is never passed off as the whole.
        expect(view.done).toBe(false);
        return expect(view.raw).toMatch(/"error":\s*\{/);
      }
      return expect(view).toMatchObject({ status: 200, text: 'From the spare.', done: true });
    default:
      expect(view).toMatchObject({ status: 200, text: 'From the spare.', done: true });
  }
}

describe.each(TABLES.map(([one, table]) => [one.name, one, table] as const))('%s', (_name, one, table) => {
  const rows = Object.entries(table).flatMap(([name, fault]) =>
    [false, true].map((stream) => [name, stream, fault.expect, fault] as const),
  );
  it.each(rows)('%s (stream: %s): %s', (_fault, stream, _expect, fault) => expectOutcome(one, fault, stream));

  const cut = Object.entries(table).filter(
    ([name, fault]) => fault.expect === 'cut' && /^(error|reset|closed|hang|ends|broken)/.test(name),
  );
  it.each(cut)('%s: content before it reaches the client', async (_fault, fault) => {
    const { view, spare } = await through(one, fault, true);
    expect(view.text).toMatch(/^(Half|Said)/);
    expect(spare.ledger).toHaveLength(0);
  });
});

describe('bedrock, in binary frames', () => {
  it.each(Object.entries(awsFaults).map(([name, fault]) => [name, fault.expect, fault] as const))(
    '%s: %s',
    (_name, _expect, fault) => expectOutcome(wire('bedrock'), fault, true),
  );
});

describe('anthropic on bedrock, in binary frames', () => {
  const reply = (fault: 'overloaded' | 'cut' | 'noMessageStop') => ({
    about: fault,
    expect: 'cut' as const,
    script: anthropicReply({ text: 'Half of a sentence that goes on.', fault }),
  });
  it.each(['overloaded', 'cut', 'noMessageStop'] as const)('%s', async (fault) => {
    await expectOutcome(wire('anthropic-bedrock'), reply(fault), true);
  });
});

describe.each(NATIVE.map((one) => [one.name, one] as const))('%s and the faults of every upstream', (_name, one) => {
  const rows = Object.entries(faults)
    .filter(([name]) => COMMON.test(name))
    .flatMap(([name, fault]) => [false, true].map((stream) => [name, stream, fault] as const));
  it.each(rows)('%s (stream: %s)', (_fault, stream, fault) => expectOutcome(one, fault, stream));
});
