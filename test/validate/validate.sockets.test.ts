import { describe, expect, it } from 'vitest';
import { RequestContext } from '../../src/request/context.js';
import type { ResponseSink } from '../../src/contracts/sink.js';
import type { ValidateOptions } from '../../src/options/types.js';
import { toGatewayError } from '../../src/errors/gateway-error.js';
import { systemClock } from '../../src/util/clock.js';
import { createValidator, validateStage } from '../../src/validate/validate.js';
import { listen } from '../support/listen.js';

const SINK: ResponseSink = {
  json() {},
  open() {},
  event: () => true,
  onDrain() {},
  done() {},
  fail() {},
};

/** Runs the stage on one request; responds with what it wrote into the context, or with the code of its refusal. */
async function stageOn(options: ValidateOptions, body: string): Promise<unknown> {
  const stage = validateStage(options, systemClock);
  await using server = await listen((req, res) => {
    const context = new RequestContext(req, res, 'id', 0, () => SINK);
    Promise.resolve(stage(context)).then(
      (outcome) => {
        const sent = Buffer.from(context.body?.bytesFor({ set: {}, remove: new Set() }) ?? []).toString();
        res.end(JSON.stringify({ outcome, same: context.request === context.body?.request, sent }));
      },
      (error: unknown) => res.end(JSON.stringify({ code: toGatewayError(error).code })),
    );
  });
  const response = await fetch(server.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return response.json();
}

const TEXT = '{"model":"m","messages":[{"role":"user","content":"x"}]}';

describe('the validate stage', () => {
  it('writes the request and its bytes into the context', async () => {
    expect(await stageOn({}, TEXT)).toEqual({ outcome: 'next', same: true, sent: TEXT });
  });

  it('does the same with a large body', async () => {
    const large = TEXT.replace('"x"', `"${'x'.repeat(1_000_000)}"`);
    expect(await stageOn({}, large)).toEqual({ outcome: 'next', same: true, sent: large });
    expect(await stageOn({}, large.slice(0, -1))).toEqual({ code: 'invalid_json' });
  });

  it('refuses what is wrong', async () => {
    expect(await stageOn({}, '{}')).toEqual({ code: 'missing_required_parameter' });
    expect(await stageOn({ bodyLimit: 10 }, TEXT)).toEqual({ code: 'request_too_large' });
    expect(await stageOn({ unknownFields: 'reject' }, TEXT.replace('"model"', '"modell"'))).toEqual({
      code: 'unknown_parameter',
    });
  });

  it('accepts a request without a model: routing refuses it', async () => {
    const { model: _model, ...nameless } = JSON.parse(TEXT) as { model: string };
    for (const body of [nameless, { ...nameless, model: null }, { ...nameless, model: '' }]) {
      expect(await stageOn({}, JSON.stringify(body))).toMatchObject({ outcome: 'next' });
    }
  });
});

describe('options of the stage', () => {
  it.each([
    [{ bodyLimit: 0 }, 'bodyLimit'],
    [{ bodyLimit: 1.5 }, 'bodyLimit'],
    [{ bodyLimit: Number.NaN }, 'bodyLimit'],
    [{ bodyLimit: Infinity }, 'bodyLimit'],
    [{ bodyLimit: '10mb' }, 'bodyLimit'],
    [{ bodyTimeoutMs: 0 }, 'bodyTimeoutMs'],
    [{ bodyTimeoutMs: 2 ** 31 }, 'bodyTimeoutMs'],
    [{ bodyTimeoutMs: '30s' }, 'bodyTimeoutMs'],
    [{ unknownFields: 'drop' }, 'unknownFields'],
    [{ unknownContentParts: true }, 'unknownContentParts'],
    [{ unknownTools: 'allow' }, 'unknownTools'],
  ])('are refused at start-up, by name and value: %j', (options, name) => {
    const given = (options as Record<string, unknown>)[name];
    const value = typeof given === 'string' ? JSON.stringify(given) : String(given);
    expect(() => createValidator(options as ValidateOptions, systemClock)).toThrow(TypeError);
    expect(() => createValidator(options as ValidateOptions, systemClock)).toThrow(
      new RegExp(`^${name} must be .*, got ${value.replace(/[".]/g, '\\$&')}\\.$`),
    );
  });

  it('may be absent, or undefined', () => {
    expect(() => createValidator({ bodyLimit: undefined, unknownFields: undefined }, systemClock)).not.toThrow();
  });

  it('are not affected if the host changes its object later', () => {
    const options: { unknownFields: 'pass' | 'reject' } = { unknownFields: 'reject' };
    const validator = createValidator(options, systemClock);
    options.unknownFields = 'pass';
    expect(() => validator.parse(Buffer.from(TEXT.replace('"model"', '"modell"')))).toThrow('modell');
  });
});
