import { describe, expect, it } from 'vitest';
import { redact } from '../../src/index.js';
import { undiciTransport } from '../../src/undici/index.js';
import { cutEverywhere, inTwo, MAX_CHOICES, NAMES, oneByOne, textWith } from './cut-streams.js';
import { FIXTURES } from './fixtures.js';
import { textIn, world, type Received } from './support.js';

/** Sharing and replaying do not know of transports: through the second one a value of each type will do. */
const ONE_OF_EACH_TYPE = FIXTURES.filter(
  ({ type }, index) => FIXTURES.findIndex((other) => other.type === type) === index,
);
const TRANSPORTS = [
  ['http-proxy', () => undefined, FIXTURES],
  ['undici', () => undiciTransport(), ONE_OF_EACH_TYPE],
] as const;
const READERS = 2;
/** A refusal is not kept. */
const KEPT = NAMES.filter((name) => name !== 'refusal');

describe.each(TRANSPORTS)('through %s', (_, transport, fixtures) => {
  it.each([...fixtures])('$type $value is redacted for all who share a call, and in hits', async ({ type, value }) => {
    const { upstream, gateway, post } = await world({
      ...(transport() && { transport: transport()! }),
      cache: { maxEntries: 100, ttlMs: 60_000, coalesce: true },
      guards: { output: [redact()] },
    });
    const text = textWith(value);
    const longest = Math.max(...NAMES.map((name) => text(name).length));
    const cuts: [choices: number, cut: (whole: string, choice: number) => string[]][] = [[2, oneByOne]];
    for (let first = 0; first < longest; first += MAX_CHOICES)
      cuts.push([Math.min(MAX_CHOICES, longest - first), (whole, choice) => inTwo(whole, first + choice)]);
    for (const [seed, [choices, cut]] of cuts.entries()) {
      upstream.enqueue(cutEverywhere(text, choices, cut));
      const readers = Array.from({ length: READERS }, () => post({ stream: true, n: 2, seed }));
      for (const received of await Promise.all(readers)) expectRedacted(received, { type, value, choices });
    }
    expect(upstream.ledger).toHaveLength(cuts.length);

    // What is kept is the assembled response: where the stream was cut makes no difference to hits.
    upstream.enqueue(cutEverywhere(text, 2, oneByOne, KEPT));
    for (const stream of [true, true, false]) {
      const received = await post({ stream, n: 2 });
      if (stream) expectRedacted(received, { type, value, choices: 2, channels: KEPT });
      expect(received.raw).not.toContain(JSON.stringify(value).slice(1, -1));
    }
    expect(gateway.status().cache!.hits).toBe(2);
  });
});

interface Expected {
  readonly type: string;
  readonly value: string;
  readonly choices: number;
  readonly channels?: readonly string[];
}

function expectRedacted({ chunks, isDone, raw }: Received, { type, value, choices, channels = NAMES }: Expected): void {
  expect(isDone).toBe(true);
  expect(raw).not.toContain(JSON.stringify(value).slice(1, -1));
  const expected = textWith(`⟨${type}⟩`);
  for (let choice = 0; choice < choices; choice++) {
    for (const name of channels) expect(textIn(chunks, choice, name), `${name} of ${choice}`).toBe(expected(name));
  }
}
