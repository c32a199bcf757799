import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AfterResponseState, Diagnostic, GatewayOptions, RouterExplanation } from '../../src/index.js';
import { checkpointRouter, type CheckpointRouterOptions } from '../../src/router/index.js';
import { chat, error } from '../../src/testing/index.js';
import { gatewayOver, upstreamFor } from '../path/fixtures.js';
import { FakeClock } from '../support/fake-clock.js';
import { embedSample, sample } from './sample-checkpoint.js';

const prompt = (content: string, fields: object = {}) => ({
  model: 'auto',
  messages: [{ role: 'user', content }],
  ...fields,
});

/** `small` and `large` at one upstream, `extra` beside them, which the checkpoint does not know. */
async function routed(router: CheckpointRouterOptions = {}, options: Partial<GatewayOptions> = {}) {
  const upstream = await upstreamFor(chat('ok'));
  const ended: AfterResponseState[] = [];
  let embedded = 0;
  const hook = checkpointRouter(sample, { embed: (text) => (embedded++, embedSample(text)), ...router });
  const set = await gatewayOver([upstream], {
    providers: {
      p: {
        baseUrl: upstream.baseUrl,
        models: {
          extra: {},
          small: { pricing: { prompt: 1, completion: 1 } },
          large: { pricing: { prompt: 10, completion: 10 } },
        },
      },
    },
    ...options,
    hooks: { selectCandidates: hook, afterResponse: (state) => void ended.push(state) },
  });
  const modelFor = async (body: object, init?: RequestInit) =>
    (await set.post(body, init)).headers.get('x-nordlys-model');
  return { ...set, upstream, hook, modelFor, ended, embeddings: () => embedded };
}

interface DryRun {
  readonly candidates: readonly { readonly model: string }[];
  readonly router: RouterExplanation;
}

type Ask = Awaited<ReturnType<typeof gatewayOver>>['post'];

async function dryRun(post: Ask, body: object): Promise<DryRun> {
  const response = await post(body, { headers: { 'x-nordlys-dry-run': 'plan' } });
  return (await response.json()) as DryRun;
}

describe('a request that leaves the model open', () => {
  it('goes to the model that did best on prompts of its kind', async () => {
    const { modelFor } = await routed();
    expect(await modelFor(prompt('hello'))).toBe('small');
    expect(await modelFor(prompt('a proof, please'))).toBe('large');
    expect(await modelFor(prompt('a proof, please', { model: undefined }))).toBe('large');
  });

  it('falls back along the ranking', async () => {
    const { post, upstream } = await routed();
    upstream.enqueue(error(503));
    const response = await post(prompt('a proof'));
    expect(response.headers.get('x-nordlys-model')).toBe('small');
    expect(response.headers.get('x-nordlys-attempts')).toBe('2');
  });

  it('chooses among `models`, and within the caller’s filters', async () => {
    const { modelFor } = await routed();
    expect(await modelFor(prompt('a proof', { models: ['small', 'extra'] }))).toBe('small');
    expect(await modelFor(prompt('a proof', { provider_max_prompt_price: 5 }))).toBe('small');
  });

  it('reads the last user message, all its texts, and nothing else', async () => {
    const { modelFor } = await routed();
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'hi' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'now' },
          { type: 'text', text: 'a proof' },
        ],
      },
      { role: 'assistant', content: 'no idea' },
    ];
    expect(await modelFor({ model: 'auto', messages })).toBe('large');
    expect(await modelFor({ model: 'auto', messages: messages.slice(0, 2) })).toBe('small');
  });

  it('reads no more of it than `maxCharacters`', async () => {
    const seen: string[] = [];
    const { modelFor } = await routed({ maxCharacters: 7, embed: (text) => (seen.push(text), embedSample(text)) });
    expect(await modelFor(prompt('a proof'))).toBe('large');
    expect(await modelFor(prompt('the proof'))).toBe('small');
    expect(seen).toEqual(['a proof', 'the pro']);
  });

  it('weighs expected USD by the registry’s prices', async () => {
    const { modelFor, post } = await routed({ tradeOff: 300, completionTokens: 1_000 });
    expect(await modelFor(prompt('a proof'))).toBe('small');
    // Fewer tokens, less money: quality wins again.
    expect(await modelFor(prompt('a proof', { max_tokens: 10 }))).toBe('large');
    const plan = await dryRun(post, prompt('a proof', { max_tokens: 10 }));
    expect(plan.router.costs['large']).toBeCloseTo(plan.router.costs['small']! * 10, 12);
  });

  it('uses the names of the option `models`', async () => {
    const { modelFor } = await routed({ models: { large: 'extra' } });
    expect(await modelFor(prompt('a proof'))).toBe('extra');
  });
});

describe('a request that names a model', () => {
  it('is neither read nor moved where the host calls the router from a hook of its own', async () => {
    const { upstream, hook, embeddings } = await routed();
    const { post } = await gatewayOver([upstream], {
      providers: { p: { baseUrl: upstream.baseUrl, models: ['small', 'large'] } },
      hooks: { selectCandidates: (state) => hook(state) },
    });
    const modelFor = async (body: object) => (await post(body)).headers.get('x-nordlys-model');
    expect(await modelFor(prompt('a proof', { model: 'small', models: ['large'] }))).toBe('small');
    expect(embeddings()).toBe(0);
    expect(await modelFor(prompt('a proof'))).toBe('large');
  });

  it('is neither read nor moved', async () => {
    const { modelFor, embeddings, ended, hook } = await routed();
    expect(await modelFor(prompt('a proof', { model: 'small' }))).toBe('small');
    expect(await modelFor(prompt('a proof', { model: undefined, models: ['extra'] }))).toBe('extra');
    expect(embeddings()).toBe(0);
    expect(ended.map(({ router }) => router)).toEqual([undefined, undefined]);
    expect(hook.status().decisions).toBe(0);
  });

  it('goes to `defaultModel` where it names none', async () => {
    const { modelFor, embeddings } = await routed({}, { defaultModel: 'extra' });
    expect(await modelFor(prompt('a proof', { model: undefined }))).toBe('extra');
    expect(embeddings()).toBe(0);
    expect(await modelFor(prompt('a proof'))).toBe('large');
  });

  it('is still served from the cache before it is parsed', async () => {
    const { post, upstream } = await routed({}, { cache: {} });
    for (const body of [prompt('hi', { model: 'small' }), prompt('a proof')]) {
      expect((await post(body)).headers.get('x-nordlys-cache')).toBe('MISS');
      expect((await post(body)).headers.get('x-nordlys-cache')).toBe('HIT');
    }
    expect(upstream.ledger).toHaveLength(2);
  });
});

function fails(): never {
  throw new Error('no');
}

describe('if the prompt is too short', () => {
  const rows: readonly (readonly [string, CheckpointRouterOptions, string])[] = [
    ['a prompt that is far from all training data', { embed: () => [9, 9], maxDistance: 1 }, 'far'],
    ['an embedder that throws', { embed: fails }, 'embedder_failed'],
    ['an embedder that rejects', { embed: () => Promise.reject(new Error('no')) }, 'embedder_failed'],
    ['a vector of another length', { embed: () => [1] }, 'embedder_failed'],
    ['a vector of NaN', { embed: async () => [Number.NaN, 0] }, 'embedder_failed'],
    ['a text function that throws', { text: fails }, 'embedder_failed'],
    ['no text', { text: () => ' ' }, 'no_text'],
  ];
  it.each(rows)('%s goes to the best on average', async (_, options, reason) => {
    const { modelFor, ended } = await routed(options);
    expect(await modelFor(prompt('hello'))).toBe('large');
    expect(ended[0]?.router).toMatchObject({ abstained: true, reason, model: 'large', ranking: ['large', 'small'] });
  });

  it('the distance that counts is the one that the trainer stored', async () => {
    const document = { ...sample, nordlys_proxy: { max_distance: 0.5 } };
    const { gateway } = await gatewayOver([await upstreamFor()], {
      providers: { p: { baseUrl: 'http://127.0.0.1:9/v1', models: ['small', 'large'] } },
      hooks: {
        selectCandidates: checkpointRouter(document, { embed: (text) => (text === 'far' ? [0.5, 0.5] : [0.6, 0]) }),
      },
    });
    expect(gateway.plan(prompt('far')).router).toMatchObject({ abstained: true, reason: 'far', cluster: 0 });
    expect(gateway.plan(prompt('near')).router).toMatchObject({ abstained: false, model: 'small' });
  });

  it('`fallback` comes first, else `defaultModel`', async () => {
    const far = { embed: () => [9, 9], maxDistance: 1 };
    expect(await (await routed({ ...far, fallback: 'extra' }, { defaultModel: 'small' })).modelFor(prompt('x'))).toBe(
      'extra',
    );
    expect(await (await routed(far, { defaultModel: 'small' })).modelFor(prompt('x'))).toBe('small');
  });

  it('a slow embedder is not waited for beyond its deadline, and is aborted', async () => {
    const clock = new FakeClock();
    const aborted: boolean[] = [];
    const embed: CheckpointRouterOptions['embed'] = (_text, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => (aborted.push(true), reject(new Error('aborted')))),
      );
    const { modelFor, ended } = await routed({ embed, clock, deadlineMs: 50 });
    const responded = modelFor(prompt('hello'));
    while (clock.pending.size === 0) await turn();
    clock.advance(49);
    await turn();
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(await responded).toBe('large');
    expect(ended[0]?.router).toMatchObject({ abstained: true, reason: 'timeout' });
    expect(aborted).toEqual([true]);
  });

  it('leaves the plan unchanged if no model of the checkpoint may be used', async () => {
    const { modelFor, ended } = await routed();
    expect(await modelFor(prompt('hello', { models: ['extra'] }))).toBe('extra');
    expect(ended[0]?.router).toMatchObject({ model: undefined, abstained: true, reason: 'no_known_model' });
  });
});

describe('a conversation', () => {
  it('stays on its model', async () => {
    const { modelFor, ended, embeddings } = await routed();
    expect(await modelFor(prompt('a proof', { session_id: 's' }))).toBe('large');
    expect(await modelFor(prompt('hello', { session_id: 's' }))).toBe('large');
    expect(ended.at(-1)?.router).toMatchObject({ sticky: true, abstained: false, model: 'large' });
    expect(embeddings()).toBe(1);
    expect(await modelFor(prompt('hello', { session_id: 'another' }))).toBe('small');
  });

  it('moves if its model may not be used, or if stickiness is off', async () => {
    const { modelFor } = await routed();
    expect(await modelFor(prompt('a proof', { session_id: 's' }))).toBe('large');
    expect(await modelFor(prompt('hello', { session_id: 's', models: ['small'] }))).toBe('small');
    const free = await routed({ sticky: false });
    expect(await free.modelFor(prompt('a proof', { session_id: 's' }))).toBe('large');
    expect(await free.modelFor(prompt('hello', { session_id: 's' }))).toBe('small');
  });
});

describe('shadow', () => {
  it('records what it would have done, and changes nothing', async () => {
    const { modelFor, post, ended, gateway } = await routed({ mode: 'shadow' }, { defaultModel: 'extra' });
    expect(await modelFor(prompt('a proof'))).toBe('extra');
    expect(ended[0]?.router).toMatchObject({ mode: 'shadow', model: 'large', abstained: false });
    const plan = await dryRun(post, prompt('a proof'));
    expect(plan.candidates.map(({ model }) => model)).toEqual(['extra']);
    expect(plan.router).toMatchObject({ mode: 'shadow', model: 'large' });
    const planned = gateway.plan(prompt('a proof'));
    expect(planned.candidates.map(({ model }) => model)).toEqual(['extra']);
    expect(planned.router).toMatchObject({ mode: 'shadow', model: 'large' });
  });

  it('does not wait for the embedder, and does not open what was closed', async () => {
    let resolve: ((vector: number[]) => void) | undefined;
    const embed = () => new Promise<number[]>((done) => (resolve = done));
    const { post, modelFor, hook } = await routed(
      { mode: 'shadow', embed, deadlineMs: 60_000 },
      { defaultModel: 'extra' },
    );
    expect(await modelFor(prompt('a proof'))).toBe('extra');
    resolve?.([0, 1]);
    const closed = await routed({ mode: 'shadow' });
    expect((await closed.post(prompt('a proof', { model: undefined }))).status).toBe(400);
    expect((await closed.post(prompt('a proof'))).status).toBe(404);
    expect(post).toBeTypeOf('function');
    expect(hook.mode).toBe('shadow');
  });
});

describe('explained', () => {
  const expected = {
    mode: 'active',
    model: 'large',
    ranking: ['large', 'small'],
    cluster: 1,
    distance: 0,
    scores: { large: Math.fround(0.95), small: Math.fround(0.3) },
    abstained: false,
    sticky: false,
  };

  it('in the dry run, in plan(), and in afterResponse', async () => {
    const { post, gateway, ended, upstream } = await routed();
    const plan = await dryRun(post, prompt('a proof'));
    expect(plan.router).toMatchObject(expected);
    expect(plan.router.costs['small']).toBeGreaterThan(0);
    expect(gateway.plan(prompt('a proof'))).toMatchObject({
      candidates: [{ model: 'large' }, { model: 'small' }],
      router: expected,
    });
    expect(gateway.plan(prompt('a proof', { model: 'small' }))).not.toHaveProperty('router');
    expect(upstream.ledger).toHaveLength(0);
    await post(prompt('a proof'));
    expect(ended.at(-1)?.router).toMatchObject(expected);
  });

  it('plan() does not wait: it reports what is not embedded yet', async () => {
    const { post, gateway } = await routed({ embed: async (text) => embedSample(text) });
    expect(gateway.plan(prompt('a proof')).router).toMatchObject({ abstained: true, reason: 'not_embedded' });
    await post(prompt('a proof'));
    expect(gateway.plan(prompt('a proof')).router).toMatchObject(expected);
  });

  it('in status(), by model and reason', async () => {
    const { post, gateway } = await routed();
    await post(prompt('a proof'));
    await post(prompt('hello'));
    await post(prompt(' '));
    expect(gateway.status().routing).toEqual({
      mode: 'active',
      decisions: 3,
      models: { large: 2, small: 1 },
      abstained: { no_text: 1 },
      sticky: 0,
    });
  });

  it('models that no provider serves are named once', async () => {
    const diagnostics: Diagnostic[] = [];
    const upstream = await upstreamFor();
    const providers = { p: { baseUrl: upstream.baseUrl, models: ['small'] } };
    const { gateway } = await gatewayOver([], {
      providers,
      hooks: { selectCandidates: checkpointRouter(sample, { embed: embedSample }) },
      onDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
    });
    gateway.update(providers);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({
      code: 'NORDLYS_ROUTER_MODEL_UNSERVED',
      message: expect.stringMatching(/Not served: large\.$/),
    });
  });
});
