import { expect } from 'vitest';
import type { GatewayOptions } from '../../src/index.js';
import { chat, type FakeUpstream, type ScriptSource } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor, type Set } from '../path/fixtures.js';
import { contentOf, readSse } from '../support/read-sse.js';

export { gatewayOver, upstreamFor } from '../path/fixtures.js';

/** Short enough for a test, long enough for a busy machine. */
export const SHORT = { connectMs: 400, headersMs: 400, firstChunkMs: 400, idleMs: 400 };

/** The text of the second provider. */
export const SPARE = 'from the spare';

export interface Pair extends Set {
  readonly faulty: FakeUpstream;
  readonly spare: FakeUpstream;
}

/** A gateway over an upstream that plays `script`, and a sound one behind it. */
export async function faultyAndSpare(script: ScriptSource, options: Partial<GatewayOptions> = {}): Promise<Pair> {
  const [faulty, spare] = [await upstreamFor(script), await upstreamFor(chat(SPARE))];
  const set = await gatewayOver([faulty, spare], { timeouts: SHORT, ...options });
  return { ...set, faulty, spare };
}

/** A gateway over this one upstream, with one attempt. */
export async function alone(script: ScriptSource, options: Partial<GatewayOptions> = {}): Promise<Pair> {
  const faulty = await upstreamFor(script);
  const set = await gatewayOver([faulty], { timeouts: SHORT, maxAttempts: 1, ...options });
  return { ...set, faulty, spare: faulty };
}

/** The text of a response that came whole, in either form. */
export async function textOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    const payloads = await readSse(response);
    expect(payloads.at(-1)).toBe('[DONE]');
    return contentOf(payloads);
  }
  return ((await response.json()) as { choices: [{ message: { content: string } }] }).choices[0].message.content;
}

export async function errorOf(response: Response): Promise<Record<string, unknown>> {
  return ((await response.json()) as { error: Record<string, unknown> }).error;
}

/** The spare responds, in both forms, and the client does not notice the fault. */
export async function expectSpareResponse({ post, faulty }: Pair): Promise<void> {
  for (const stream of [false, true]) {
    const response = await post({ stream });
    expect(response.headers.get('x-nordlys-provider')).toBe('p1');
    expect(await textOf(response)).toBe(SPARE);
  }
  expect(faulty.violations).toEqual([]);
}

/** A stream that began and broke: what came, then an error, and no `[DONE]`. */
export async function expectHonestEnd(response: Response): Promise<{ said: string; code: unknown }> {
  expect(response.status).toBe(200);
  const payloads = await readSse(response);
  expect(payloads).not.toContain('[DONE]');
  const last = JSON.parse(payloads.at(-1)!) as { error?: { code: unknown } };
  expect(last.error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
  return { said: contentOf(payloads.slice(0, -1)), code: last.error?.code };
}
